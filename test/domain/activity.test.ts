// The charts of the worklist: what each hour delivered, and how old the oldest was that still waited.
import { expect, it } from 'vitest'
import { hourly } from '../../src/domain/activity.ts'

const NOW = new Date('2026-03-02T12:00:00.000Z')
const ago = (minutes: number) => new Date(NOW.getTime() - 60_000 * minutes).toISOString()

it('counts each delivery in the hour that it fell into, and none twice', () => {
  const at = [0, 59, 60, 61, 24 * 60 - 1, 24 * 60, 30 * 60]
  const hours = hourly(
    at.map((minutes) => ({ createdAt: ago(minutes + 5), restedAt: ago(minutes), deliveredAt: ago(minutes) })),
    NOW,
  )
  expect(hours).toHaveLength(24)
  expect(hours.at(-1)).toMatchObject({ until: NOW.toISOString(), delivered: 2 })
  expect(hours.at(-2)?.delivered).toBe(2)
  expect(hours.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(5)
})

it('ages the oldest that is being worked on; a hold ends the wait, and is no delivery', () => {
  const hours = hourly(
    [
      { createdAt: ago(200) },
      { createdAt: ago(300), restedAt: ago(90) },
      { createdAt: ago(10), restedAt: ago(5), deliveredAt: ago(5) },
    ],
    NOW,
  )
  expect(hours.slice(-5).map(({ oldestSeconds }) => oldestSeconds / 60)).toEqual([60, 120, 180, 140, 200])
  expect(hours.at(-1)?.delivered).toBe(1)
  expect(hours[0]?.oldestSeconds).toBe(0)
})
