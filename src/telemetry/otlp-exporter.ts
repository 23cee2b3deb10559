// Sends spans to a collector as OTLP/HTTP with JSON, by `fetch`: through the same proxies and with the same certificate as all our requests.
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'

const HEADERS = { 'content-type': 'application/json' }

/** Spans that the collector does not accept within `timeoutMs` are dropped: a trace is not a record. */
export function createOtlpExporter(url: string, timeoutMs: number): SpanExporter {
  async function send(spans: ReadableSpan[]): Promise<ExportResult> {
    try {
      const body = Buffer.from(JsonTraceSerializer.serializeRequest(spans) ?? [])
      const signal = AbortSignal.timeout(timeoutMs)
      const response = await fetch(url, { method: 'POST', headers: HEADERS, body, signal, redirect: 'error' })
      await response.body?.cancel()
      return { code: response.ok ? ExportResultCode.SUCCESS : ExportResultCode.FAILED }
    } catch (thrown) {
      return { code: ExportResultCode.FAILED, error: thrown as Error }
    }
  }
  return {
    export: (spans, done) => void send(spans).then(done),
    shutdown: async () => undefined,
  }
}
