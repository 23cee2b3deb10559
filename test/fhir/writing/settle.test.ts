// The one loop of looking and writing: what is repeated, for how long, and with which error it ends.
import { describe, expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../../../src/domain/errors.ts'
import { LOST_ANSWERS, ROUNDS, settle } from '../../../src/fhir/writing/settle.ts'

function loop(rounds: (ErrorCode | 'again' | 'done')[]) {
  const pauses: number[] = []
  let n = 0
  const round = async () => {
    const what = rounds[Math.min(n++, rounds.length - 1)]!
    if (what === 'again') return undefined
    if (what === 'done') return 'receipt'
    throw new AppError(what, `round ${n}`)
  }
  const sleep = async (milliseconds: number) => void pauses.push(milliseconds)
  return { settled: settle({ sleep, random: () => 0.5 }, 'the report', round), pauses, rounds: () => n }
}

describe('the loop of a write', () => {
  it('looks again after a conflict and a lost answer, each time later', async () => {
    const { settled, pauses } = loop(['EHR_CONFLICT', 'EHR_AMBIGUOUS', 'again', 'EHR_CONFLICT', 'done'])
    expect(await settled).toBe('receipt')
    expect(pauses).toEqual([37.5, 75, 300])
  })

  it('ends at once with whatever else goes wrong', async () => {
    const { settled, rounds } = loop(['EHR_CONFLICT', 'EHR_REJECTED', 'done'])
    await expect(settled).rejects.toMatchObject({ code: 'EHR_REJECTED' })
    expect(rounds()).toBe(2)
  })

  it('says that the outcome is unknown when looking again fails after a lost answer', async () => {
    const { settled } = loop(['EHR_AMBIGUOUS', 'EHR_UNREACHABLE'])
    await expect(settled).rejects.toMatchObject({ code: 'EHR_AMBIGUOUS', message: expect.stringContaining('round 2') })
  })

  it('ends after a few lost answers, or after all rounds', async () => {
    const lost = loop(['EHR_AMBIGUOUS'])
    await expect(lost.settled).rejects.toMatchObject({ code: 'EHR_AMBIGUOUS' })
    expect(lost.rounds()).toBe(LOST_ANSWERS)
    const endless = loop(['again'])
    await expect(endless.settled).rejects.toThrow(`the report did not settle in ${ROUNDS} rounds`)
    expect(endless.rounds()).toBe(ROUNDS)
  })
})
