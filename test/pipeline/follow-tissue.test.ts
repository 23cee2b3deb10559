// The questions to the EHR about tissue: of whom, how often, and what an EHR that fails leaves behind.
import { expect, it } from 'vitest'
import type { TissueAnswer } from '../../src/domain/concordance.ts'
import { AppError } from '../../src/domain/errors.ts'
import { askForTissue } from '../../src/pipeline/follow-tissue.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const ANSWER: TissueAnswer = { head: 'idh', answer: 'IDH-mutant', reference: 'Observation/3' }

function site(answer: (patient: string) => Promise<TissueAnswer[]>) {
  const kept: [string, readonly TissueAnswer[] | undefined][] = []
  const asked: unknown[] = []
  const studies: string[] = []
  const log = createKeptLog()
  const ports = {
    concordance: {
      async toAsk(...bounds: unknown[]) {
        asked.push(...bounds)
        return ['7', '8', '9'].map((n) => ({
          analysisId: `a-${n}`,
          studyInstanceUid: `1.2.${n}`,
          patient: `Patient/${n}`,
        }))
      },
      keep: async (id: string, answers?: readonly TissueAnswer[]) => void kept.push([id, answers]),
    },
    ehr: {
      forStudy({ studyInstanceUid }: { studyInstanceUid: string }) {
        studies.push(studyInstanceUid)
        return { tissueAnswers: answer } as never
      },
    },
    clock: createManualClock('2026-03-31T12:00:00.000Z'),
    log,
  }
  return { ports, kept, asked, studies, log }
}

it('asks about every patient under their study, and keeps what is said', async () => {
  const { ports, kept, asked, studies } = site(async (patient) => (patient === 'Patient/8' ? [ANSWER] : []))
  expect(await askForTissue(ports, { days: 30, askHours: 24 })).toBe(3)
  expect(asked).toEqual(['2026-03-01T12:00:00.000Z', '2026-03-30T12:00:00.000Z', 50])
  expect(studies).toEqual(['1.2.7', '1.2.8', '1.2.9'])
  expect(kept).toEqual([
    ['a-7', []],
    ['a-8', [ANSWER]],
    ['a-9', []],
  ])
})

it('stops at an EHR that does not answer, and forgets nothing', async () => {
  const { ports, kept, log } = site(async (patient) => {
    if (patient === 'Patient/8') throw new AppError('EHR_UNREACHABLE', 'down')
    return [ANSWER]
  })
  expect(await askForTissue(ports, { days: 30, askHours: 24 })).toBe(1)
  expect(kept).toEqual([['a-7', [ANSWER]]])
  expect(log.lines).toMatchObject([{ level: 'warn', fields: { analysisId: 'a-8', code: 'EHR_UNREACHABLE' } }])
})

it('goes on past a patient who cannot be read, whose answers of before stay', async () => {
  const { ports, kept } = site(async (patient) => {
    if (patient === 'Patient/8') throw new AppError('EHR_REJECTED', 'gone')
    return [ANSWER]
  })
  expect(await askForTissue(ports, { days: 30, askHours: 24 })).toBe(3)
  expect(kept).toEqual([
    ['a-7', [ANSWER]],
    ['a-8', undefined],
    ['a-9', [ANSWER]],
  ])
})
