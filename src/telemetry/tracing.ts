// Traces by OpenTelemetry, sent as OTLP over HTTP. The trace id of a study is a function of its UID, so that every process adds its spans to the same
// trace, and neither a restart nor a lost database breaks it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { type Context, ROOT_CONTEXT, type Span, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type IdGenerator, RandomIdGenerator, TracerProvider } from '@opentelemetry/sdk-trace'
import { sha256Of } from '../domain/digest.ts'
import { asAppError } from '../domain/errors.ts'
import type { Log } from '../domain/ports/log.ts'
import type { FinishedSpan, SpanFields, SpanPlace, Tracing } from '../domain/ports/tracing.ts'
import type { Uid } from '../domain/study.ts'
import { watchExports } from './export-watch.ts'
import { safeFields } from './fields.ts'
import { createOtlpExporter } from './otlp-exporter.ts'

export interface TracingOptions {
  /** The collector's OTLP/HTTP address for traces, such as http://collector:4318/v1/traces. */
  url: string
  version: string
  log: Log
}

export interface OpenTracing extends Tracing {
  /** Sends what is waiting, for a few seconds at most. */
  close(): Promise<void>
}

const SERVICE = 'gliabridge'
const SEND_MS = 5000

export function openTracing({ url, version, log }: TracingOptions): OpenTracing {
  const flow = new AsyncLocalStorage<Context>()
  const ids = studyIds()
  const exporter = watchExports(createOtlpExporter(url, SEND_MS), log)
  const instance = randomUUID()
  const providers = new Map<string, TracerProvider>()
  const tracerOf = (process: string) => {
    const provider =
      providers.get(process) ??
      new TracerProvider({
        resource: resourceFromAttributes({
          'service.name': process,
          'service.version': version,
          'service.instance.id': instance,
        }),
        idGenerator: ids,
        spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: SEND_MS })],
      })
    providers.set(process, provider)
    return provider.getTracer(SERVICE, version)
  }

  function begin(name: string, fields: SpanFields, { study, first = false, askedBy }: SpanPlace): Span {
    const asking = askedBy === undefined ? null : parseTraceParent(askedBy)
    const options = {
      attributes: safeFields(fields).fields,
      ...(asking && { links: [{ context: asking }] }),
    }
    const tracer = tracerOf(SERVICE)
    if (study === undefined) return tracer.startSpan(name, options, flow.getStore() ?? ROOT_CONTEXT)
    const top = idsOfStudy(study)
    if (first) return ids.next(top, () => tracer.startSpan(name, { ...options, root: true }, ROOT_CONTEXT))
    return tracer.startSpan(name, options, below(top))
  }

  function replay(process: string, parent: Context, { name, fields, startedAt, endedAt, parts }: FinishedSpan): void {
    const span = tracerOf(process).startSpan(
      name,
      { attributes: safeFields(fields).fields, startTime: startedAt },
      parent,
    )
    for (const part of parts) replay(process, trace.setSpan(parent, span), part)
    span.end(endedAt)
  }

  return {
    async span(name, fields, work, place = {}) {
      const span = begin(name, fields, place)
      try {
        return await flow.run(trace.setSpan(flow.getStore() ?? ROOT_CONTEXT, span), work)
      } catch (thrown) {
        const { code } = asAppError(thrown)
        span.setStatus({ code: SpanStatusCode.ERROR, message: code }).setAttribute('code', code)
        throw thrown
      } finally {
        span.end()
      }
    },
    current() {
      const context = trace.getSpanContext(flow.getStore() ?? ROOT_CONTEXT)
      return context && `00-${context.traceId}-${context.spanId}-0${context.traceFlags}`
    },
    record(process, parent, span) {
      const context = parseTraceParent(parent)
      if (context) replay(`${SERVICE}-${process}`, below(context), span)
    },
    async close() {
      await Promise.allSettled([...providers.values()].map((provider) => provider.shutdown()))
    },
  }
}

interface Ids {
  traceId: string
  spanId: string
}

function below({ traceId, spanId }: Ids): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true })
}

/** The ids of a study's trace and of its first span; from a digest, so that the UID cannot be read from them. */
function idsOfStudy(studyInstanceUid: Uid): Ids {
  const digest = sha256Of(`trace\n${studyInstanceUid}`)
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) }
}

/** Random, except for the span that is begun in `next`. */
function studyIds(): IdGenerator & { next<T>(ids: Ids, begin: () => T): T } {
  const random = new RandomIdGenerator()
  let given: Ids | undefined
  return {
    generateTraceId: () => given?.traceId ?? random.generateTraceId(),
    generateSpanId: () => given?.spanId ?? random.generateSpanId(),
    next(ids, begin) {
      given = ids
      try {
        return begin()
      } finally {
        given = undefined
      }
    },
  }
}
