// Spans: what took how long, in which process, while a study is handled. Fields are those of log lines, and equally free of patient data.
import type { Uid } from '../study.ts'

export type SpanFields = Record<string, string | number | boolean>

/** Where a span belongs; by default under the current span. */
export interface SpanPlace {
  /** The trace of this study, which is the same in every process and after every restart. */
  study?: Uid
  /** The study's root span, created once: all its other spans lie below it. */
  first?: boolean
  /** W3C Trace Context of the caller; linked rather than continued, since the caller's trace is theirs. */
  askedBy?: string | undefined
}

/** Measured and reported by another process. Times are Unix time in milliseconds. */
export interface FinishedSpan {
  name: string
  startedAt: number
  endedAt: number
  fields: SpanFields
  parts: FinishedSpan[]
}

export interface Tracing {
  /** Runs the work as a span; an error ends it with the error's code and is rethrown. */
  span<T>(name: string, fields: SpanFields, work: () => Promise<T>, place?: SpanPlace): Promise<T>
  /** W3C Trace Context ("traceparent") of the current span, to be passed on; undefined if there is none. */
  current(): string | undefined
  /** Records a span that another process measured. `parent` is the trace context it was given. */
  record(process: string, parent: string, span: FinishedSpan): void
}

/** Used when tracing is off. */
export const NO_TRACING: Tracing = {
  span: (_name, _fields, work) => work(),
  current: () => undefined,
  record: () => undefined,
}
