// Which heads are off here, since when and why; every change is kept.
import type { Head } from '../finding.ts'
import type { HeadStop } from '../stop-rules.ts'

export interface HeadSwitches {
  /** Heads that are off, or were at that moment (ISO 8601). */
  stopped(at?: string): Promise<HeadStop[]>
  /** When a person turned the head on last; undefined where nobody has. */
  turnedOn(head: Head): Promise<string | undefined>
  /** Whether it was on until now. `by`: "rule", or the person. */
  turn(head: Head, to: 'on' | 'off', by: string, reason: string): Promise<boolean>
}
