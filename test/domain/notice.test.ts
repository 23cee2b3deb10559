// Of what a rule tells, and when.
import { expect, it } from 'vitest'
import { dueItems, type NoticeItem, subjectOfHold } from '../../src/domain/notice.ts'

const NOW = new Date('2026-03-01T03:00:00Z')
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString()
const item = (subject: NoticeItem['subject'], minutes: number): NoticeItem => ({
  subject,
  key: `${subject} ${minutes}`,
  since: ago(minutes),
})
const rule = { name: 'r', about: ['urgent-result', 'hold', 'peer'] as const, afterMinutes: 15, everyMinutes: 30 }
const keys = (items: readonly NoticeItem[]) => items.map(({ key }) => key)

it('tells of urgent results at once and of what stands still when it has done so for long enough', () => {
  const items = [
    item('urgent-result', 0),
    item('hold', 15),
    item('hold', 14),
    item('peer', 60),
    item('dead-letter', 60),
  ]
  const { urgent, standing } = dueItems(rule, items, NOW)
  expect(keys(urgent)).toEqual(['urgent-result 0'])
  expect(keys(standing)).toEqual(['hold 15', 'peer 60'])
})

it.each([
  ['SERIES_MISSING', false, 'hold'],
  ['DECODING_FAILED', false, 'quarantine'],
  ['INTERNAL', false, 'quarantine'],
  ['ARCHIVE_REJECTED', true, 'dead-letter'],
  ['INTERNAL', true, 'dead-letter'],
] as const)('knows a study held by %s, undelivered: %s, as %s', (code, isUndelivered, subject) => {
  expect(subjectOfHold(code, isUndelivered)).toBe(subject)
})
