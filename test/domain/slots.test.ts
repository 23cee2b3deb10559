// So many at once, first come first served; a failure frees its slot.
import { expect, it } from 'vitest'
import { createSlots } from '../../src/domain/slots.ts'

it('runs no more at once than there are slots, in order, and goes on after a failure', async () => {
  const inSlot = createSlots(2).run
  const running = new Set<number>()
  const started: number[] = []
  let most = 0
  const results = await Promise.allSettled(
    Array.from({ length: 7 }, (_, n) =>
      inSlot(async () => {
        started.push(n)
        running.add(n)
        most = Math.max(most, running.size)
        await new Promise((resolve) => setTimeout(resolve, 3 * (7 - n)))
        running.delete(n)
        if (n % 3 === 1) throw new Error(`${n}`)
        return n
      }),
    ),
  )
  expect(most).toBe(2)
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(results.map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual([
    0,
    'failed',
    2,
    3,
    'failed',
    5,
    6,
  ])
})
