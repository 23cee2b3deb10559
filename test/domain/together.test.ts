import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { together } from '../../src/domain/together.ts'

const later = async <T>(value: T, seen: string[]) => {
  await setImmediate()
  seen.push('ended')
  return value
}

it('answers with both values, in their order', async () => {
  expect(await together(later(1, []), Promise.resolve('b'))).toEqual([1, 'b'])
})

it('fails only after the other has ended, whichever fails', async () => {
  for (const swap of [false, true]) {
    const seen: string[] = []
    const failing = Promise.reject(new Error('no'))
    const other = later(1, seen)
    await expect(swap ? together(other, failing) : together(failing, other)).rejects.toThrow('no')
    expect(seen).toEqual(['ended'])
  }
})
