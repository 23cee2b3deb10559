import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { repeat, startLoop } from '../../src/domain/repeat.ts'

/** Each pause ends when it is told to, and at once when the signal aborts. */
function pausingClock() {
  const pauses: { milliseconds: number; end(): void }[] = []
  const sleep = (milliseconds: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      pauses.push({ milliseconds, end: resolve })
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  return { pauses, clock: { now: () => new Date(0), sleep } }
}

const soon = () => new Promise((resolve) => setImmediate(resolve))

describe('a loop', () => {
  it('works in rounds until it is stopped, and stopping waits for the round in hand', async () => {
    const { pauses, clock } = pausingClock()
    const log = { info() {}, warn() {}, error() {} }
    let [begun, ended] = [0, 0]
    let finish = () => {}
    const work = async () => {
      begun += 1
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      ended += 1
    }
    const stop = startLoop((signal) => repeat(work, { pauseMs: 700, failure: 'nothing' }, { clock, log }, signal))
    finish()
    await soon()
    expect(pauses.map(({ milliseconds }) => milliseconds)).toEqual([700])
    pauses[0]!.end()
    await soon()
    expect([begun, ended]).toEqual([2, 1])
    const stopped = stop()
    finish()
    await stopped
    expect([begun, ended]).toEqual([2, 2])
  })

  it('says by code what failed, and tries again after the pause', async () => {
    const { pauses, clock } = pausingClock()
    const lines: unknown[] = []
    const note = (level: string) => (fields: object, message: string) => void lines.push({ level, ...fields, message })
    const log = { info: note('info'), warn: note('warn'), error: note('error') }
    let rounds = 0
    const work = async () => {
      rounds += 1
      if (rounds === 1) throw new AppError('EHR_UNREACHABLE', 'the EHR does not answer')
    }
    const stop = startLoop((signal) => repeat(work, { pauseMs: 5, failure: 'it was not read' }, { clock, log }, signal))
    await soon()
    expect(lines).toEqual([
      {
        level: 'warn',
        code: 'EHR_UNREACHABLE',
        error: 'the EHR does not answer',
        message: 'it was not read; it is tried again',
      },
    ])
    pauses[0]!.end()
    await soon()
    expect(rounds).toBe(2)
    await stop()
  })
})
