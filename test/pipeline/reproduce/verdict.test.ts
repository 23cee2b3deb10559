// An analysis made again: what is the same, what is named where it is not, and why; never a value of a patient.

import { beforeAll, describe, expect, it } from 'vitest'
import type { AnalysisRecord } from '../../../src/domain/analysis.ts'
import type { AnalysisResult } from '../../../src/domain/finding.ts'
import type { AnalysisStore, Artifact, PriorAnalyses } from '../../../src/domain/ports/analysis-store.ts'
import type { ImageArchive } from '../../../src/domain/ports/image-archive.ts'
import { archiveAsOf, storeAsOf } from '../../../src/pipeline/reproduce/as-of.ts'
import { artifactVerdicts, reasonsOf, type Versions, versionsOf } from '../../../src/pipeline/reproduce/verdict.ts'
import { inputOf } from '../../dicom/report-input.ts'
import { encodeStudy, twoSeries } from '../../support/encoded-study.ts'
import { letterheadOf } from '../../support/letterhead.ts'
import { NOTHING_MORE } from '../../support/network-output.ts'

interface Change {
  result?: (result: AnalysisResult) => Partial<AnalysisResult>
  institution?: string
  labelMap?: boolean
}

async function made({ result: change, institution = '', labelMap = false }: Change = {}) {
  const series = await twoSeries()
  const { result, labels } = inputOf(series.reference, series.other)
  const whole = { ...result, segmentation: labels }
  const writeBack = { ...NOTHING_MORE, labelMap }
  return encodeStudy(series, { ...whole, ...change?.(whole) }, { letterhead: letterheadOf(institution), writeBack })
}

const resultOf = (artifacts: Artifact[]) =>
  JSON.parse(new TextDecoder().decode(artifacts.find(({ role }) => role === 'result')!.bytes)) as Versions

/** What is said of what was stored, after `again` came out. */
function verdict(stored: Artifact[], again: Artifact[]) {
  const artifacts = artifactVerdicts(stored, again)
  const of = (role: string) => artifacts.find((one) => one.role === role)
  return { artifacts, of, reasons: reasonsOf(versionsOf(resultOf(stored), resultOf(again)), artifacts) }
}

describe('an analysis made again', () => {
  let stored: Artifact[]
  beforeAll(async () => {
    stored = await made()
  })

  it('has the same bytes throughout', async () => {
    const { artifacts, reasons } = verdict(stored, await made())
    expect(artifacts.map(({ role }) => role).sort()).toEqual(
      ['encapsulated-pdf', 'figures', 'pdf', 'report', 'result', 'segmentation'].sort(),
    )
    expect(artifacts.filter(({ outcome }) => outcome !== 'equal')).toEqual([])
    expect(reasons).toEqual([])
  })

  it('is the same when the run alone took longer', async () => {
    const again = await made({
      result: ({ execution }) => ({ execution: { ...execution, seconds: 99, peakRssMb: 1 } }),
    })
    const { of, artifacts, reasons } = verdict(stored, again)
    expect(of('result')).toMatchObject({ outcome: 'measured', differs: [] })
    expect(artifacts.filter(({ outcome }) => outcome === 'different')).toEqual([])
    expect(reasons).toEqual([])
  })

  it('names the attributes and members that differ, and not what they hold', async () => {
    const again = await made({
      result: ({ measurements, patient, software }) => ({
        measurements: measurements.map((one, n) => (n === 1 ? { ...one, value: one.value + 1 } : one)),
        patient: { ...patient, patientBirthDate: '19010203' },
        software: { ...software, version: '9.9.9' },
      }),
    })
    const { of, reasons, artifacts } = verdict(stored, again)
    expect(of('result')!.differs).toEqual(['measurements[1].value', 'patient.patientBirthDate', 'software.version'])
    expect(of('report')!.differs.join()).toMatch(/ContentSequence\[\d+\]\.ContentSequence\[\d+\].*NumericValue/)
    expect(of('segmentation')!.differs).toContain('SoftwareVersions')
    expect(reasons[0]).toMatch(/^the software was .* and is .* 9\.9\.9$/)
    expect(reasons.join()).toContain('other headers')
    expect(JSON.stringify([artifacts, reasons])).not.toContain('19010203')
  })

  it('says that settings changed where the result did not, and where objects are missing or additional', async () => {
    const other = verdict(stored, await made({ institution: 'Elsewhere' }))
    expect(other.of('result')!.outcome).toBe('equal')
    expect(other.of('pdf')!.outcome).toBe('different')
    expect(other.reasons.join()).toContain('institution.name')
    const more = await made({ labelMap: true })
    expect(verdict(stored, more).of('label-map')!.outcome).toBe('additional')
    const less = verdict(more, stored)
    expect(less.of('label-map')!.outcome).toBe('missing')
    expect(less.reasons.join()).toContain('writeBack')
  })
})

describe('the record as of then', () => {
  const moment = '2026-03-01T10:00:00.000Z'
  const leg = (doneAt: string) => ({ leg: 'pacs' as const, state: 'done' as const, attempts: 1, doneAt, receipt: {} })
  const record = (id: string, doneAt: string, reviewedAt: string) =>
    ({
      analysisId: id,
      legs: [leg(doneAt)],
      review: { number: 1, decision: 'accept', at: reviewedAt, reviewer: 'r', edits: [], delivered: true },
    }) as unknown as AnalysisRecord
  const early = record('early', '2026-03-01T09:00:00.000Z', '2026-03-01T11:00:00.000Z')
  const late = record('late', '2026-03-01T12:00:00.000Z', '2026-03-01T09:30:00.000Z')
  const written: string[] = []
  const store = {
    byStudy: async () => [early, late],
    byPatient: async () => [early, late],
    get: async () => early,
    note: async () => written.push('note'),
    describe: async () => written.push('describe'),
    move: async () => written.push('move'),
    saveResult: async () => written.push('saveResult'),
  } as unknown as AnalysisStore & PriorAnalyses

  it('knows no delivery and no review of later', async () => {
    const { analyses } = storeAsOf(store, moment)
    const [first, second] = await analyses.byStudy('1.2.3')
    expect([first!.legs[0]!.state, first!.review]).toEqual(['done', undefined])
    expect([second!.legs[0]!.state, second!.legs[0]!.receipt, second!.review?.decision]).toEqual([
      'waiting',
      undefined,
      'accept',
    ])
    expect((await analyses.byPatient({ patientId: 'p', issuerOfPatientId: '' })).map((r) => r.analysisId)).toEqual([
      'early',
    ])
  })

  it('has no object in the study that was stored later', async () => {
    const { analyses } = storeAsOf(store, moment)
    const known = async () =>
      (await analyses.byStudy('1.2.3')).map((one) => ({
        ...one,
        legs: one.legs.map((each) => ({ ...each, ...(each.state === 'done' && { receipt: { report: 'sr-early' } }) })),
      }))
    const instances = (...uids: string[]) =>
      uids.map((sopInstanceUid) => ({ sopInstanceUid, sopClassUid: '', metadata: {} }))
    const series = [
      { seriesInstanceUid: 'images', modality: 'MR', instances: instances('mr-1', 'mr-2') },
      { seriesInstanceUid: 'reports', modality: 'SR', instances: instances('sr-early', 'sr-late') },
      { seriesInstanceUid: 'seg', modality: 'SEG', instances: instances('seg-late') },
    ]
    const archive = { retrieveMetadata: async () => ({ studyInstanceUid: '1.2.3', series }) } as unknown as ImageArchive
    const watch = { isOwn: async (uids: string[]) => new Set(uids.filter((uid) => !uid.startsWith('mr'))) }
    const study = await archiveAsOf(archive, watch, { byStudy: known }).retrieveMetadata('1.2.3')
    expect(study.series.map((one) => one.instances.map(({ sopInstanceUid }) => sopInstanceUid))).toEqual([
      ['mr-1', 'mr-2'],
      ['sr-early'],
    ])
  })

  it('is not written, and tells when the images are others now', async () => {
    const { analyses, made } = storeAsOf(store, moment)
    await analyses.note('early', { kind: 'step', text: '' })
    await analyses.describe('early', {})
    await analyses.saveResult('early', {}, [])
    expect(made).toEqual({ artifacts: [], summary: {} })
    await analyses.move('early', 'superseded')
    expect(made.imagesChanged).toBe(true)
    expect(written).toEqual([])
  })
})
