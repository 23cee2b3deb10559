// Logs when spans stop reaching the collector, and when they reach it again: the SDK drops them silently.
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { Log } from '../domain/ports/log.ts'

export function watchExports(exporter: SpanExporter, log: Log): SpanExporter {
  let isFailing = false
  return {
    export(spans, done) {
      exporter.export(spans, (result: ExportResult) => {
        const failed = result.code !== ExportResultCode.SUCCESS
        if (failed && !isFailing)
          log.warn({ count: spans.length }, 'the trace collector does not accept spans; they are dropped')
        if (!failed && isFailing) log.info({}, 'the trace collector accepts spans again')
        isFailing = failed
        done(result)
      })
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}
