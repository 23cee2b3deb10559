// Which errors are tried again, when, and which stop for a person.
import { describe, expect, it } from 'vitest'
import { AppError, ERRORS, type ErrorCode } from '../../src/domain/errors.ts'
import { nextStepAfter } from '../../src/domain/retry.ts'

const MAX_ATTEMPTS = 12
const codes = Object.keys(ERRORS) as ErrorCode[]

describe('after an error', () => {
  it.each(codes)('%s is retried or held by its class', (code) => {
    const error = new AppError(code, 'message')
    const again = error.class === 'transient' || error.class === 'ambiguous'
    expect(nextStepAfter(error, 1, MAX_ATTEMPTS).do).toBe(again ? 'retry' : 'hold')
  })

  it('waits longer each time, up to the limit', () => {
    const error = new AppError('ARCHIVE_UNREACHABLE', 'message')
    const delays = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, i) => nextStepAfter(error, i + 1, MAX_ATTEMPTS))
    expect(delays.map((next) => (next.do === 'retry' ? next.afterSeconds : Number.NaN))).toEqual([
      5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900,
    ])
  })

  it('waits as long as the remote side asks', () => {
    const error = new AppError('EHR_THROTTLED', 'message', { retryAfterSeconds: 120 })
    expect(nextStepAfter(error, 1, MAX_ATTEMPTS)).toEqual({ do: 'retry', afterSeconds: 120 })
  })

  it('is held after the last attempt, so that a person sees it', () => {
    expect(nextStepAfter(new AppError('ARCHIVE_ERROR', 'message'), MAX_ATTEMPTS, MAX_ATTEMPTS)).toEqual({ do: 'hold' })
  })

  it('is held after one repetition of what nobody foresaw', () => {
    const fault = new AppError('INTERNAL', 'unexpected TypeError')
    expect(nextStepAfter(fault, 1, MAX_ATTEMPTS)).toEqual({ do: 'retry', afterSeconds: 5 })
    expect(nextStepAfter(fault, 2, MAX_ATTEMPTS)).toEqual({ do: 'hold' })
    expect(nextStepAfter(fault, 1, 1)).toEqual({ do: 'hold' })
  })
})
