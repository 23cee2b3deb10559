// Received images are removed when their time is over, and never while their study still needs them.
import { expect, it } from 'vitest'
import type { AnalysisState } from '../../src/domain/analysis.ts'
import type { WatchedStudy } from '../../src/domain/ports/watch-store.ts'
import { removeReceived } from '../../src/pipeline/keep-received.ts'
import { MR } from '../support/instances.ts'

const LIMIT = new Date('2026-03-01T00:00:00Z')

async function isRemoved(study: {
  changedAt?: Date
  watched?: Partial<WatchedStudy> | undefined
  states?: AnalysisState[]
  modality?: string
}) {
  const removed: string[] = []
  const watched = 'watched' in study ? study.watched : { instanceSetDigest: 'a', decidedDigest: 'a' }
  const instance = { studyInstanceUid: '1.2', seriesInstanceUid: '1.2.1', sopInstanceUid: '1.2.1.1', sopClassUid: MR }
  const count = await removeReceived(
    {
      received: {
        studies: async () => [{ studyInstanceUid: '1.2', changedAt: study.changedAt ?? LIMIT }],
        instances: async () => [{ ...instance, modality: study.modality ?? 'MR' }],
        async remove(uid, unlessAfter) {
          removed.push(`${uid} ${unlessAfter.toISOString()}`)
          return true
        },
      },
      analyses: { byStudy: async () => (study.states ?? ['delivered']).map((state) => ({ state })) as never },
      watch: { get: async () => watched as WatchedStudy | undefined },
    },
    LIMIT,
  )
  expect(removed).toEqual(count === 1 ? ['1.2 2026-03-01T00:00:00.000Z'] : [])
  return count === 1
}

it('removes a study that is delivered, superseded or declined, after its time', async () => {
  expect(await isRemoved({ states: ['superseded', 'delivered'] })).toBe(true)
  expect(await isRemoved({ states: [] })).toBe(true)
  expect(await isRemoved({ changedAt: new Date(LIMIT.getTime() + 1) })).toBe(false)
})

it.each<AnalysisState>(['queued', 'running', 'analysed', 'held'])(
  'keeps a study of which an analysis is %s',
  async (state) => {
    expect(await isRemoved({ states: ['delivered', state] })).toBe(false)
  },
)

it('keeps a study that is not decided, or was never looked at; what holds no images is never looked at', async () => {
  expect(await isRemoved({ watched: { instanceSetDigest: 'b', decidedDigest: 'a' }, states: [] })).toBe(false)
  expect(await isRemoved({ watched: { instanceSetDigest: 'b' }, states: [] })).toBe(false)
  expect(await isRemoved({ watched: undefined, states: [] })).toBe(false)
  expect(await isRemoved({ watched: undefined, states: [], modality: 'SR' })).toBe(true)
})
