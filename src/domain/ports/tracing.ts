// Spans: what took how long, in which process, on the way of a study. Fields are those of log lines, and as poor in patient data.
import type { Uid } from '../study.ts'

export type SpanFields = Record<string, string | number | boolean>

/** Where a span belongs; under the span that is under way when nothing is stated. */
export interface SpanPlace {
  /** The trace of this study, which is the same one in every process and after every restart. */
  study?: Uid
  /** The first span of the study, once in its life: all others of the study stand below it. */
  first?: boolean
  /** W3C Trace Context of whoever asked for this; pointed to, since the caller's trace is theirs. */
  askedBy?: string | undefined
}

/** Measured by another process, which told it. Times are Unix time in milliseconds. */
export interface FinishedSpan {
  name: string
  startedAt: number
  endedAt: number
  fields: SpanFields
  parts: FinishedSpan[]
}

export interface Tracing {
  /** Runs the work as a span; an error ends it with the error's code, and is thrown on. */
  span<T>(name: string, fields: SpanFields, work: () => Promise<T>, place?: SpanPlace): Promise<T>
  /** W3C Trace Context ("traceparent") of the span under way, to be handed on; undefined when there is none. */
  current(): string | undefined
  /** Takes what another process measured. `parent` is what it was handed. */
  record(process: string, parent: string, span: FinishedSpan): void
}

/** For where nobody looks. */
export const NO_TRACING: Tracing = {
  span: (_name, _fields, work) => work(),
  current: () => undefined,
  record: () => undefined,
}
