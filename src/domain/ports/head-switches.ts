// Which heads are off here, since when and why; every change is kept.
import type { Head } from '../finding.ts'
import type { HeadStop } from '../stop-rules.ts'

export interface HeadSwitches {
  /** Heads that are off, or were off at the given moment (ISO 8601). */
  stopped(at?: string): Promise<HeadStop[]>
  /** When a person last turned the head on; undefined if nobody has. */
  turnedOn(head: Head): Promise<string | undefined>
  /** Turns the head on or off; returns whether that changed anything. `by`: "rule", or the person. */
  turn(head: Head, to: 'on' | 'off', by: string, reason: string): Promise<boolean>
}
