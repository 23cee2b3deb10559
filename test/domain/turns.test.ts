// Work in turns: no two of one key at once, failures do not stop the queue, keys do not wait for each other.
import { describe, expect, it } from 'vitest'
import { createTurns } from '../../src/domain/turns.ts'

describe('turns', () => {
  it('run the works of one key in order, one at a time, whatever fails', async () => {
    const inTurn = createTurns()
    const told: string[] = []
    let busy = 0
    const work = (name: string, fails = false) =>
      inTurn('a', async () => {
        busy += 1
        told.push(`${name} ${busy}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
        busy -= 1
        if (fails) throw new Error(name)
        return name
      })
    const results = await Promise.allSettled([work('one'), work('two', true), work('three')])
    expect(told).toEqual(['one 1', 'two 1', 'three 1'])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('let other keys go ahead', async () => {
    const inTurn = createTurns()
    let release = () => {}
    const blocked = inTurn('a', () => new Promise<void>((resolve) => (release = resolve)))
    expect(await inTurn('b', async () => 'done')).toBe('done')
    release()
    await blocked
  })
})
