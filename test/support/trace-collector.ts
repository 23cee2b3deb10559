// A stand-in for an OpenTelemetry collector: takes OTLP over HTTP with JSON (opentelemetry-proto 1.x, ExportTraceServiceRequest) and keeps the spans.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'

export interface CollectedSpan {
  /** service.name of the resource. */
  service: string
  name: string
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  seconds: number
  attributes: Record<string, string | number | boolean>
  failed: boolean
  links: string[]
}

export interface TraceCollector {
  url: string
  spans: CollectedSpan[]
  /** Everything as it came. */
  bodies: string[]
  /** Answers with this status from now on. */
  answer(status: number): void
  close(): Promise<void>
}

interface Attribute {
  key: string
  value: { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean }
}
interface Otlp {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: {
      spans: {
        traceId: string
        spanId: string
        parentSpanId?: string
        name: string
        startTimeUnixNano: string
        endTimeUnixNano: string
        attributes?: Attribute[]
        links?: { traceId: string; spanId: string }[]
        status?: { code?: number }
      }[]
    }[]
  }[]
}

export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = []
  const bodies: string[] = []
  let status = 200
  const server = createServer(async (request, response) => {
    const body = await text(request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request)
    if (status === 200) {
      bodies.push(body)
      spans.push(...decode(JSON.parse(body) as Otlp))
    }
    const isKnown = request.method === 'POST' && request.url === '/v1/traces'
    response.writeHead(isKnown ? status : 404, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    spans,
    bodies,
    answer: (next) => {
      status = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Throws where an id is not of the form that OTLP/JSON has: lower-case hexadecimal. */
function decode({ resourceSpans }: Otlp): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name'])
    return scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => {
        if (!/^[0-9a-f]{32}$/.test(span.traceId) || !/^[0-9a-f]{16}$/.test(span.spanId))
          throw new Error(`ids of ${span.name}: ${span.traceId} ${span.spanId}`)
        return {
          service,
          name: span.name,
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId || undefined,
          seconds: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e9,
          attributes: valuesOf(span.attributes ?? []),
          failed: span.status?.code === 2,
          links: (span.links ?? []).map(({ traceId, spanId }) => `${traceId} ${spanId}`),
        }
      }),
    )
  })
}

function valuesOf(attributes: Attribute[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue ?? '') : Number(intValue)),
    ]),
  )
}
