// How far the service has come with a study, in one word.
import { expect, it } from 'vitest'
import type { AnalysisState } from '../../src/domain/analysis.ts'
import type { WatchedStudy } from '../../src/domain/ports/watch-store.ts'
import { stageOf } from '../../src/domain/study-stage.ts'

const seen: WatchedStudy = {
  studyInstanceUid: '1.2',
  instanceSetDigest: 'b',
  instanceCount: 9,
  firstSeenAt: '2026-03-01T03:00:00.000Z',
  changedAt: '2026-03-01T03:00:00.000Z',
}
const decided = { ...seen, decidedDigest: 'b', decision: { outcome: 'accepted' as const } }
const grown = { ...decided, decidedDigest: 'a', changedAt: '2026-03-01T03:04:00.000Z' }
const at = (minute: number) => ({ now: new Date(Date.UTC(2026, 2, 1, 3, minute)), settleSeconds: 600 })
const analyses = (...states: AnalysisState[]) => states.map((state, n) => ({ sequence: 10 + n, state }))

it.each<[string, WatchedStudy, AnalysisState[], number]>([
  ['discovered', seen, [], 5],
  ['growing', { ...seen, changedAt: '2026-03-01T03:04:00.000Z' }, [], 5],
  ['growing', grown, ['delivered'], 5],
  ['settled', seen, [], 11],
  ['waiting', { ...seen, decision: { outcome: 'waiting', reason: 'the study lacks T1c' } }, [], 11],
  ['not-eligible', { ...decided, decision: { outcome: 'declined', reason: 'a knee' } }, [], 11],
  ['eligible', decided, [], 11],
  ['eligible', decided, ['superseded', 'queued'], 11],
  ['claimed', decided, ['running'], 11],
  ['analysed', decided, ['analysed'], 11],
  ['delivered', decided, ['superseded', 'delivered'], 11],
  ['held', decided, ['delivered', 'held'], 11],
  ['superseded', decided, ['superseded'], 11],
  ['disappeared', { ...decided, instanceCount: 0, decision: { outcome: 'declined', reason: 'no images' } }, [], 11],
])('%s', (stage, study, states, minute) => {
  expect(stageOf(study, analyses(...states).reverse(), at(minute))).toBe(stage)
})

it('of a study with a UID that nobody can ask for is not that it disappeared', () => {
  const unaskable = { ...seen, instanceSetDigest: '', instanceCount: 0, decidedDigest: '' }
  expect(stageOf({ ...unaskable, decision: { outcome: 'declined' } }, [], at(11))).toBe('not-eligible')
})
