// Which errors are tried again, when, and which stop for a person.
import { describe, expect, it } from 'vitest'
import { AppError, ERRORS, type ErrorCode } from '../../src/domain/errors.ts'
import { afterError } from '../../src/pipeline/retry.ts'

const MOST = 12
const codes = Object.keys(ERRORS) as ErrorCode[]

describe('after an error', () => {
  it.each(codes)('%s is retried or held by its class', (code) => {
    const error = new AppError(code, 'message')
    const again = error.class === 'transient' || error.class === 'ambiguous'
    expect(afterError(error, 1, MOST).do).toBe(again ? 'retry' : 'hold')
  })

  it('waits longer each time, up to the limit', () => {
    const error = new AppError('ARCHIVE_UNREACHABLE', 'message')
    const delays = Array.from({ length: MOST - 1 }, (_, i) => afterError(error, i + 1, MOST))
    expect(delays.map((next) => (next.do === 'retry' ? next.afterSeconds : Number.NaN))).toEqual([
      5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900,
    ])
  })

  it('waits as long as the remote side asks', () => {
    const error = new AppError('EHR_THROTTLED', 'message', { retryAfterSeconds: 120 })
    expect(afterError(error, 1, MOST)).toEqual({ do: 'retry', afterSeconds: 120 })
  })

  it('is held after the last attempt, so that a person sees it', () => {
    expect(afterError(new AppError('ARCHIVE_ERROR', 'message'), MOST, MOST)).toEqual({ do: 'hold' })
  })
})
