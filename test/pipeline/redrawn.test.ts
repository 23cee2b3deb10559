// Outlines that a reviewer corrects, from the request to the archive: a new segmentation, and volumes and diameters measured on it.
import { extractText, getDocumentProxy } from 'unpdf'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { items, number, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { readLabels } from '../../src/dicom/segmentation-labels.ts'
import type { Stroke } from '../../src/domain/brush.ts'
import { pairText } from '../../src/domain/corrected-diameters.ts'
import { applyEdits, effectiveEdits } from '../../src/domain/corrections.ts'
import { LEGS } from '../../src/domain/delivery.ts'
import type { AnalysisResult } from '../../src/domain/finding.ts'
import type { ClinicalRecord } from '../../src/domain/ports/clinical-record.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import type { Edit } from '../../src/domain/review.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { type LabelVolume, toPatient, voxelMillilitres } from '../../src/domain/volume.ts'
import { namedLesions } from '../../src/inference/lesions/redraw.ts'
import { deliver } from '../../src/pipeline/deliver.ts'
import { drainReviews, type ReviewRequest, reviewAnalysis } from '../../src/pipeline/review.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { createReviewStore } from '../../src/store/reviews.ts'
import { inputOf } from '../dicom/report-input.ts'
import { STUDY_UID } from '../dicom/support.ts'
import { recordsOf } from '../support/clinical-record.ts'
import { openDatabase } from '../support/database.ts'
import { encodeStudy, startArchive, storeImages, twoSeries } from '../support/encoded-study.ts'
import { REVIEW_OPTIONS as options } from '../support/letterhead.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { quietLog } from '../support/quiet-log.ts'

const ID = 'a1'
const clock = createManualClock('2026-03-01T10:00:00.000Z')
const watch = createMemoryWatchStore()
const audit = { record: async () => undefined }
const sent: { number: number; segmentation: string | undefined; region: (name: string) => number | undefined }[] = []
const shown: LabelVolume[] = []
const ehr: ClinicalRecord = {
  matchPatient: async () => 'Patient/1',
  postReport: async () => ({ diagnosticReport: 'DiagnosticReport/1' }),
  postReview: async (report, review, { dicomResults }) => {
    const { measurements } = applyEdits(report.result, review)
    sent.push({
      number: review.number,
      segmentation: dicomResults.find(({ role }) => role === 'segmentation')?.sopInstanceUid,
      region: (name) => measurements.find(({ region }) => region === name)?.value,
    })
    return { diagnosticReport: 'DiagnosticReport/1' }
  },
}

let server: Awaited<ReturnType<typeof startArchive>>
let archive: ImageArchive
let db: Database
let software: LabelVolume
let result: Omit<AnalysisResult, 'segmentation'>
beforeAll(async () => {
  server = await startArchive()
  archive = server.archive
  db = await openDatabase()
  const series = await twoSeries()
  const { reference, other } = series
  await storeImages(archive, series)
  const input = inputOf(reference, other)
  software = input.labels
  const { grid } = software
  result = {
    ...input.result,
    analysisId: ID,
    grid,
    lesions: namedLesions(software, [1, 2, 3]),
    inputs: [reference, other].map(({ series }, n) => ({
      sequence: n === 0 ? 'T1c' : 'FLAIR',
      seriesInstanceUid: series.seriesInstanceUid,
      sopInstanceUids: series.instances.map(({ sopInstanceUid }) => sopInstanceUid),
      sliceThicknessMm: 2,
      registration: { translationMm: 0, rotationDegrees: 0, reference: n === 0 },
    })),
    referenceSeriesUid: reference.series.seriesInstanceUid,
  }
  const made = await encodeStudy(series, { ...result, segmentation: software })
  const { analyses } = ports()
  const digests = { bundleId: 'b', bundleDigest: 'd', instanceSetDigest: 's' }
  await analyses.register({ analysisId: ID, studyInstanceUid: STUDY_UID, ...digests })
  await analyses.move(ID, 'running')
  await analyses.saveResult(ID, result, made)
  expect(await deliver(ports(), (await analyses.get(ID))!, options)).toEqual({ do: 'done' })
  await analyses.move(ID, 'delivered')
}, 120_000)
afterAll(async () => {
  await db?.close()
  await server?.close()
})

const ports = () => ({
  archive,
  ehr: recordsOf(ehr),
  analyses: createAnalysisStore(db, clock),
  reviews: createReviewStore(db, clock),
  spool: { redraw: async (_id: string, labels: LabelVolume) => void shown.push(labels), sequences: async () => [] },
  watch,
  audit,
  clock,
  log: quietLog,
})
const reviewer = { identifier: 'P-77', name: 'Nine^Dr' }
const decide = async (version: number, edits: Edit[], strokes?: Stroke[]) => {
  clock.advance(60)
  const request: ReviewRequest = {
    version,
    key: `key-${version}`,
    decision: edits.length > 0 ? 'accept-with-edits' : 'accept',
    reviewer,
    edits,
    ...(strokes && { strokes }),
  }
  const recorded = await reviewAnalysis(ports(), ID, request)
  for (const leg of LEGS) await drainReviews(ports(), options, leg)
  return recorded.review
}
const exclude = (target: string, from: number | string): Edit => ({ target, from, to: 'excluded', reason: 'A vessel' })
const newest = async (modality: string): Promise<Uint8Array> => {
  const found = (await archive.searchInstances(STUDY_UID)).filter((one) => one.modality === modality)
  const all = await Promise.all(
    found.map((one) => archive.retrieveInstance(STUDY_UID, one.seriesInstanceUid, one.sopInstanceUid)),
  )
  const at = (bytes: Uint8Array) => {
    const { dataset } = readPart10(bytes)
    return text(dataset, 'ContentDate') + text(dataset, 'ContentTime')
  }
  return all.sort((a, b) => at(a).localeCompare(at(b))).at(-1)!
}
const datasetOf = (bytes: Uint8Array): DicomJson => readPart10(bytes).dataset
const labelsIn = (bytes: Uint8Array) => [...readLabels(bytes, software.grid, (n) => n).labels.data]
const count = (data: Iterable<number>, ...labels: number[]) =>
  [...data].filter((label) => labels.includes(label)).length * voxelMillilitres(software.grid)
const LONE = () => software.grid.size[0] - 1 + software.grid.size[0] * software.grid.size[1]

it('refuses what contradicts itself or is not there, by name', async () => {
  const [et] = result.measurements.filter(({ region }) => region === 'ET')
  const volume = { target: 'measurement.ET', from: et!.value, to: 1, reason: 'r' }
  const cases: [Edit[], RegExp][] = [
    [[exclude('lesion.3', 1)], /the result has no lesion\.3/],
    [[exclude('lesion.2', 99)], /lesion\.2: from is not what the software measured/],
    [[exclude('segment.XX', 'software')], /the result has no segment\.XX/],
    [[exclude('segment.ED', 'software'), volume], /measurement\.ET: volumes are measured on the outlines/],
  ]
  cases.push([['NCR', 'ED', 'ET'].map((key) => exclude(`segment.${key}`, 'software')), /nothing would be left/])
  for (const [edits, message] of cases)
    await expect(decide(0, edits)).rejects.toMatchObject({
      code: 'REVIEW_INVALID',
      message: expect.stringMatching(message),
    })
})

it('takes a lesion out: the archive gets a segmentation without it, and every output says the volumes measured on that', async () => {
  const [main, lone] = result.lesions!
  expect(lone!.millilitres).toBeCloseTo(voxelMillilitres(software.grid))
  expect(main!.millilitres).toBeCloseTo(count(software.data, 1, 2, 3) - lone!.millilitres)
  const before = datasetOf(await newest('SEG'))
  const review = await decide(0, [exclude('lesion.2', lone!.millilitres)])

  const seg = await newest('SEG')
  const dataset = datasetOf(seg)
  expect(text(dataset, 'SOPInstanceUID')).not.toBe(text(before, 'SOPInstanceUID'))
  const expected = [...software.data]
  expected[LONE()] = 0
  expect(labelsIn(seg)).toEqual(expected)
  expect(items(dataset, 'SegmentSequence').map((one) => text(one, 'SegmentAlgorithmType'))).toEqual([
    'AUTOMATIC',
    'AUTOMATIC',
    'SEMIAUTOMATIC',
  ])
  expect(text(dataset, 'ContentCreatorName')).toBe('Nine^Dr')
  expect(items(dataset, 'SegmentSequence').map((one) => text(one, 'TrackingUID'))).toEqual(
    items(before, 'SegmentSequence').map((one) => text(one, 'TrackingUID')),
  )
  expect(shown.at(-1)!.data).toEqual(Uint8Array.from(expected))

  const et = count(expected, 3)
  expect(effectiveEdits(result, review).find(({ target }) => target === 'measurement.ET')).toMatchObject({
    to: et,
    isDerived: true,
  })
  expect(sent.at(-1)).toMatchObject({ number: 1, segmentation: text(dataset, 'SOPInstanceUID') })
  expect(sent.at(-1)!.region('ET')).toBeCloseTo(et)
  const report = JSON.stringify(datasetOf(await newest('SR')))
  expect(report).toContain(`"${text(dataset, 'SOPInstanceUID')}"`)
  expect(report).not.toContain(`"${text(before, 'SOPInstanceUID')}"`)
  expect(report).toContain('Lesion 2: Excluded')
  const note = JSON.stringify(datasetOf(await newest('KO')))
  expect(note).toContain(text(before, 'SOPInstanceUID'))
  const pdf = datasetOf(await newest('DOC'))
  const bytes = Buffer.from(pdf['00420011']!.InlineBinary!, 'base64').subarray(
    0,
    number(pdf, 'EncapsulatedDocumentLength'),
  )
  const read = (await extractText(await getDocumentProxy(new Uint8Array(bytes)), { mergePages: true })).text
  expect(read).toMatch(/Lesion 2: Excluded .* by Nine, Dr \(P-77\)/s)
  expect(read).toContain('outlines as the reviewer corrected them')
})

it('lays strokes of the brush over the software’s outlines, a ball through slices and a disc on one', async () => {
  const { grid } = software
  const [nx, ny] = grid.size
  const at: [number, number, number] = [4, ny - 4, 2]
  const normal = [grid.direction[2]!, grid.direction[5]!, grid.direction[8]!] as const
  const reach = 1.2 * Math.max(...grid.spacing)
  const strokes: Stroke[] = [
    { label: 1, radiusMm: reach, points: [toPatient(grid, at)] },
    { label: 0, radiusMm: 0.4 * Math.min(...grid.spacing), across: normal, points: [toPatient(grid, at)] },
  ]
  const edit: Edit = { target: 'outlines', from: 'software', to: 'redrawn', reason: 'Missed part' }
  const review = await decide(1, [edit], strokes)
  const expected = [...software.data]
  for (let n = 0; n < expected.length; n++) {
    const index = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]
    const mm = Math.hypot(...index.map((value, axis) => (value - at[axis]!) * grid.spacing[axis]!))
    if (mm <= reach) expected[n] = 1
    if (mm === 0) expected[n] = 0
  }
  const changed = expected.filter((label, n) => label !== software.data[n]).length
  expect(changed).toBeGreaterThan(4)
  expect(labelsIn(await newest('SEG'))).toEqual(expected)
  const ncr = review.redrawn!.measurements.find(({ region }) => region === 'NCR')!.value
  expect(ncr).toBeCloseTo(count(expected, 1))
  expect(review.redrawn!.segments.find(({ key }) => key === 'NCR')!.drawnBy).toBe('both')
  // The lesion that the first review took out is there again: each review states all its edits anew.
  expect(sent.at(-1)!.region('ET')).toBeCloseTo(count(expected, 3))
})

it('goes back to the software’s outlines, in a new segmentation, when a review redraws nothing any more', async () => {
  const review = await decide(2, [])
  expect(review.redrawn!.strokes).toEqual([])
  const seg = await newest('SEG')
  expect(labelsIn(seg)).toEqual([...software.data])
  expect(items(datasetOf(seg), 'SegmentSequence').map((one) => text(one, 'SegmentAlgorithmType'))).toEqual([
    'AUTOMATIC',
    'AUTOMATIC',
    'AUTOMATIC',
  ])
  expect(effectiveEdits(result, review)).toEqual([])
})

it('corrects a diameter: the lengths everywhere, and no line that is not the reviewer’s', async () => {
  const [lesion] = result.diameters!
  const edit: Edit = { target: 'diameters.1', from: pairText(lesion!), to: '14.5 x 11', reason: 'Through the cavity' }
  const tooWide = decide(3, [{ ...edit, to: '11 x 14.5' }])
  await expect(tooWide).rejects.toMatchObject({
    message: expect.stringMatching(/diameters\.1: to must be two lengths/),
  })
  const review = await decide(3, [edit])
  expect(applyEdits(result, review).diameters![0]).toMatchObject({
    longestMm: 14.5,
    perpendicularMm: 11,
    measurable: true,
  })
  const report = JSON.stringify(datasetOf(await newest('SR')))
  expect(report).toContain('Changed by Nine, Dr (P-77)')
  expect(report).toContain('14.5 × 11.0 mm: Through the cavity')
  const lines = (json: string) => json.split('"POLYLINE"').length - 1
  const drawn = JSON.stringify(datasetOf((await ports().analyses.artifact(ID, 'report'))!.bytes))
  expect(lines(drawn) - lines(report)).toBe(2)
})
