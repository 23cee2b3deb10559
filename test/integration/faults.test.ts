// The fault campaign on a small scale; and that its invariants see what is lost, doubled or left where it must not be.
import { describe, expect, it } from 'vitest'
import { deterministicUid } from '../../src/dicom/uid.ts'
import { runCampaign, tableOf } from '../faults/campaign.ts'
import { openHospital } from '../faults/hospital.ts'

describe('a hospital in which things go wrong', () => {
  it.each(['archive: answer to a store lost', 'process killed after a call', 'study grows while it is analysed'])(
    '%s: nothing lost, doubled or stuck, and the same again from the same seed',
    async (kind) => {
      const outcome = await runCampaign(3, kind, 4)
      expect(outcome).toMatchObject({ kind, faults: 4, lost: [], doubled: [], stuck: [] })
      if (kind === 'process killed after a call') expect(await runCampaign(3, kind, 4)).toEqual(outcome)
    },
  )

  it('knows no kind that does not exist', async () => {
    await expect(runCampaign(1, 'fire', 1)).rejects.toThrow('no such kind of fault: fire')
  })

  it('is told in a table', () => {
    const outcome = {
      kind: 'fire',
      faults: 3,
      studies: 9,
      lost: ['1.2'],
      doubled: [],
      stuck: [],
      held: ['A', 'A'],
      recovered: [30, 10, 20],
    }
    expect(tableOf([outcome]).split('\n').at(-1)).toBe('| fire | 3 | 9 | 1 | 0 | 0 | 2 (`A`) | 20 | 30 |')
  })
})

describe('the invariants', () => {
  it('see a study without a result, then one with it, and an object that belongs to nothing', async () => {
    const hospital = await openHospital('invariants')
    const study = hospital.send(true)
    hospital.send(false)
    expect(await hospital.wrongs()).toEqual({ lost: [study], doubled: [], stuck: [], orphans: [], held: [] })
    for (let ticks = 0; ticks < 6; ticks += 1) await hospital.tick()
    expect(await hospital.wrongs()).toEqual({ lost: [], doubled: [], stuck: [], orphans: [], held: [] })
    hospital.grow(study)
    expect((await hospital.wrongs()).lost).toEqual([study])
    for (let ticks = 0; ticks < 8; ticks += 1) await hospital.tick()
    expect((await hospital.wrongs()).lost).toEqual([])
    hospital.leave(study, deterministicUid('somebody', 'else'))
    expect((await hospital.wrongs()).orphans).toEqual([`${study}: an object of no analysis`])
    await hospital.close()
  })
})
