// Whom a meeting shows: the latest study of each patient, after its last review, and nobody left out.
import { expect, it } from 'vitest'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import { readPatientList } from '../../src/domain/board.ts'
import type { RecordedReview } from '../../src/domain/review.ts'
import { gatherMeeting } from '../../src/pipeline/meeting.ts'
import { delivered, sampleResult } from '../support/sample-analyses.ts'

function record(analysisId: string, studyDate: string, issuerOfPatientId = 'KIS'): AnalysisRecord {
  const { patient, study } = sampleResult
  const summary = { patient: { ...patient, issuerOfPatientId }, study: { ...study, studyDate } }
  return { ...delivered, analysisId, summary: { ...delivered.summary, ...summary } }
}

const byId: Record<string, AnalysisRecord[]> = {
  'A-1': [record('older', '20260101'), record('latest', '20260301'), record('oldest', '20251101')],
  'B-2': [record('here', '20260301'), record('there', '20260201', 'PARTNER')],
}
const review = { decision: 'reject', number: 1, edits: [] } as unknown as RecordedReview
const ports = {
  analyses: {
    byPatientId: async ({ patientId, issuerOfPatientId }: { patientId: string; issuerOfPatientId?: string }) =>
      (byId[patientId] ?? []).filter(
        ({ summary }) => issuerOfPatientId === undefined || summary!.patient!.issuerOfPatientId === issuerOfPatientId,
      ),
    result: async (analysisId: string) => ({ ...sampleResult, analysisId }),
    artifact: async () => undefined,
  },
  reviews: { list: async (analysisId: string) => (analysisId === 'latest' ? [review] : []) },
}
const requested = (patientId: string, issuerOfPatientId?: string) => ({
  requested: patientId,
  ids: [{ patientId, ...(issuerOfPatientId && { issuerOfPatientId }) }],
})

it('takes the latest study with its last review, and says why there is none', async () => {
  const entries = await gatherMeeting(ports, [
    requested('B-2'),
    requested('A-1'),
    requested('B-2', 'PARTNER'),
    requested('C-3'),
    { requested: 'Patient/4', ids: [] },
    { requested: 'Patient/5', ids: [{ patientId: 'C-3' }, { patientId: 'A-1' }] },
  ])
  expect(entries.map((one) => ('notShown' in one ? one.notShown : one.analysisId))).toEqual([
    'several-issuers',
    'latest',
    'there',
    'no-result',
    'no-identifier',
    'latest',
  ])
  expect(entries[1]).toMatchObject({ requested: 'A-1', review: { decision: 'reject' } })
  expect(entries[2]).not.toHaveProperty('review')
})

it('reads a list of patients line by line', () => {
  expect(readPatientList('# Tuesday\r\n A-1 \n\nB 2\tPARTNER\n')).toEqual([
    { patientId: 'A-1' },
    { patientId: 'B 2', issuerOfPatientId: 'PARTNER' },
  ])
})
