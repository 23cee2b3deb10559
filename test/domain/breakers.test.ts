// A destination that failed several times in a row is left alone, and one attempt tells for all.
import { describe, expect, it } from 'vitest'
import { createBreakers, FAILURES_TO_OPEN, FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS } from '../../src/domain/breakers.ts'

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000)

function broken(failures = FAILURES_TO_OPEN) {
  const breakers = createBreakers()
  for (let n = 0; n < failures; n += 1) breakers.failed('a', 'EHR_UNREACHABLE', at(0))
  return breakers
}

describe('a circuit breaker', () => {
  it('opens after failures in a row, for that destination alone', () => {
    expect(broken(FAILURES_TO_OPEN - 1).waitSeconds('a', at(0))).toBe(0)
    const breakers = broken()
    expect(breakers.waitSeconds('a', at(1))).toBe(FIRST_PAUSE_SECONDS - 1)
    expect(breakers.waitSeconds('b', at(1))).toBe(0)
  })

  it('closes with an answer, be it a refusal, and learns nothing from faults of our own', () => {
    for (const close of ['good', 'refusal'] as const) {
      const breakers = broken()
      if (close === 'good') breakers.good('a')
      else breakers.failed('a', 'EHR_REJECTED', at(0))
      breakers.failed('a', 'EHR_UNREACHABLE', at(0))
      expect(breakers.waitSeconds('a', at(0))).toBe(0)
    }
    const breakers = broken()
    breakers.failed('a', 'DATABASE_UNREACHABLE', at(0))
    expect(breakers.waitSeconds('a', at(0))).toBe(FIRST_PAUSE_SECONDS)
  })

  it('lets one through after the pause; the others wait for what becomes of it', () => {
    const breakers = broken()
    expect(breakers.waitSeconds('a', at(FIRST_PAUSE_SECONDS))).toBe(0)
    expect(breakers.waitSeconds('a', at(FIRST_PAUSE_SECONDS))).toBeGreaterThan(0)
    breakers.good('a')
    expect(breakers.waitSeconds('a', at(FIRST_PAUSE_SECONDS))).toBe(0)
  })

  it('tells once that a destination is back which was left alone, and not of one that failed now and then', () => {
    const back: string[] = []
    const breakers = createBreakers((destination) => back.push(destination))
    const fail = (count: number) => {
      for (let n = 0; n < count; n += 1) breakers.failed('a', 'EHR_THROTTLED', at(0))
    }
    fail(FAILURES_TO_OPEN - 1)
    breakers.good('a')
    expect(back).toEqual([])
    fail(FAILURES_TO_OPEN)
    breakers.good('a')
    breakers.good('a')
    expect(back).toEqual(['a'])
    fail(FAILURES_TO_OPEN)
    breakers.failed('a', 'EHR_REJECTED', at(0))
    expect(back).toEqual(['a', 'a'])
  })

  it('waits twice as long after each failure, up to the limit', () => {
    const breakers = broken()
    breakers.failed('a', 'ARCHIVE_TIMEOUT', at(0))
    expect(breakers.waitSeconds('a', at(0))).toBe(2 * FIRST_PAUSE_SECONDS)
    expect(broken(40).waitSeconds('a', at(0))).toBe(MAX_PAUSE_SECONDS)
  })

  it('is not kept open by a clock that was set back', () => {
    expect(broken().waitSeconds('a', at(-86_400))).toBe(0)
  })
})
