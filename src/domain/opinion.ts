// What a reviewer thought of the markers before the software's predictions were shown to them: an event of the history, so that it is kept, erased and
// read with the analysis.
import type { AnalysisEvent } from './analysis.ts'
import { HEADS, type Head, type Prediction } from './finding.ts'
import type { Reviewer } from './review.ts'

/** Said of a marker that the images do not tell, in this reader's opinion. */
export const CANNOT_TELL = 'cannot-tell'
/** The kind of the event. */
export const OPINION = 'opinion'

export interface Opinion {
  reader: Pick<Reviewer, 'identifier' | 'system'>
  /** A class of the head, or CANNOT_TELL. */
  calls: Partial<Record<Head, string>>
}

/** The heads about which a reader is asked: those with classes that the software gives probabilities of. */
export function headsToJudge(predictions: readonly Prediction[]): { head: Head; classes: string[] }[] {
  return predictions.flatMap((prediction) =>
    prediction.status === 'not-evaluable' || prediction.head === 'survival'
      ? []
      : [{ head: prediction.head, classes: Object.keys(prediction.probabilities) }],
  )
}

export function opinionEvent({ reader, calls }: Opinion, text: string): Omit<AnalysisEvent, 'at'> {
  return { kind: OPINION, text, data: { reader, calls } }
}

/** The opinion in the data of such an event; undefined if there is none. */
export function opinionIn(data: unknown): Opinion | undefined {
  if (!isObject(data) || !isObject(data.reader) || !isObject(data.calls)) return undefined
  const { identifier, system } = data.reader
  if (typeof identifier !== 'string') return undefined
  const said = data.calls
  const calls = HEADS.flatMap((head): [Head, string][] => {
    const call = said[head]
    return typeof call === 'string' ? [[head, call]] : []
  })
  return {
    reader: { identifier, ...(typeof system === 'string' && { system }) },
    calls: Object.fromEntries(calls),
  }
}

export function hasStated(events: readonly AnalysisEvent[], person: Opinion['reader']): boolean {
  return events.some(({ kind, data }) => {
    const opinion = kind === OPINION ? opinionIn(data) : undefined
    return opinion !== undefined && isSamePerson(opinion.reader, person)
  })
}

export function isSamePerson(a: Opinion['reader'], b: Opinion['reader']): boolean {
  return a.identifier === b.identifier && a.system === b.system
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
