// What a report of vitest (--reporter=json) says of one suite.
import type { Ran } from './page.ts'

export interface SuiteReport {
  testResults: { name: string; endTime: number; status: string; assertionResults: { status: string }[] }[]
}

/** Undefined if the suite is not in the report. One that did not get as far as its tests counts as one failure. */
export function ranIn({ testResults }: SuiteReport, suite: string): Ran | undefined {
  const file = testResults.find(({ name }) => name.endsWith(`/test/${suite}`))
  if (!file) return undefined
  const count = (...statuses: string[]) =>
    file.assertionResults.filter(({ status }) => statuses.includes(status)).length
  const failed = count('failed')
  return {
    on: new Date(file.endTime).toISOString().slice(0, 10),
    passed: count('passed'),
    failed: failed === 0 && file.status === 'failed' ? 1 : failed,
    skipped: count('pending', 'skipped', 'todo'),
  }
}
