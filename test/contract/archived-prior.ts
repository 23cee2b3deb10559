// An earlier study that only the archive knows, compared like one of our own store, and every reason why it is not: on the demo archive, and on Orthanc.

import { afterEach, describe, expect, it } from 'vitest'
import { dataset, tagOf } from '../../src/dicom/dataset.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { buildRejectionNote } from '../../src/dicom/rejection-note.ts'
import { readVolumeHere } from '../../src/dicom/series-volume.ts'
import { buildVerifiedReport } from '../../src/dicom/sr/verified-report.ts'
import { trackingOf } from '../../src/dicom/tracking.ts'
import { createDicomWebClient, type DicomWebOptions } from '../../src/dicomweb/client.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { Review } from '../../src/domain/review.ts'
import type { PatientIdentity, StudyIdentity } from '../../src/domain/study.ts'
import { type Grid, toIndex, toPatient, voxelCount } from '../../src/domain/volume.ts'
import type { Bundle } from '../../src/inference/bundle/manifest.ts'
import { measureLesions } from '../../src/inference/lesions/diameters.ts'
import { measure } from '../../src/inference/lesions/measure.ts'
import { IDENTITY } from '../../src/inference/volumes/rigid.ts'
import { type ComparePorts, compareWithPrior } from '../../src/pipeline/prior/compare.ts'
import { MADE_BY } from '../dicom/report-input.ts'
import { direction, labelsOn, OBLIQUE } from '../dicom/support.ts'
import {
  type AnalysedStudy,
  analysedStudy,
  continuing,
  DIGEST,
  everything,
  PATIENT,
} from '../support/analysed-study.ts'
import { quietLog } from '../support/quiet-log.ts'

const BUNDLE = MADE_BY as unknown as Bundle
const NOW = { studyInstanceUid: '2.25.99', studyDate: '20250314', studyTime: '081500' } as StudyIdentity

/** The earlier patient's head once more, two months later: another grid, another orientation, less enhancement. */
const LATER: Grid = { size: [46, 44, 21], spacing: [1, 1.1, 2.3], origin: [0, 0, 0], direction: direction(-9, 4, 21) }

function present(change: { patient?: PatientIdentity; bundleDigest?: string; modelDigest?: string } = {}) {
  const middle = toPatient(OBLIQUE, [19, 11, 3])
  const corner = toPatient(LATER, [23, 22, 10])
  const grid: Grid = { ...LATER, origin: [middle[0] - corner[0], middle[1] - corner[1], middle[2] - corner[2]] }
  const earlier = labelsOn(OBLIQUE)
  const data = new Uint8Array(voxelCount(grid))
  const [nx, ny] = grid.size
  for (let at = 0; at < data.length; at++) {
    const voxel = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))] as const
    const there = toIndex(OBLIQUE, toPatient(grid, voxel)).map(Math.round)
    if (there.some((index, axis) => index < 0 || index >= OBLIQUE.size[axis]!)) continue
    const label = earlier.data[there[0]! + OBLIQUE.size[0] * (there[1]! + OBLIQUE.size[1] * there[2]!)]!
    data[at] = label === 3 && there[0]! > 18 ? 2 : label
  }
  const segmentation = { grid, data }
  const measurements = measure(segmentation, BUNDLE).measurements
  return {
    result: {
      analysisId: 'now',
      patient: change.patient ?? PATIENT,
      study: NOW,
      software: { name: 'Gliabridge', version: '0.1.0', manufacturer: 'Gliabridge contributors' },
      measurements: measurements.map((one) => (one.region === 'WT' ? { ...one, standardDeviation: 0.7 } : one)),
      segmentation,
    },
    image: { grid, data: new Float32Array(data.length) },
    enhancing: measureLesions(segmentation, BUNDLE.regions.ET ?? []),
    sequences: ['T1c', 'FLAIR'] as const,
    bundle: BUNDLE,
    bundleDigest: change.bundleDigest ?? DIGEST,
    modelDigest: change.modelDigest ?? change.bundleDigest ?? DIGEST,
  }
}

export interface OpenServer {
  connection: Pick<DicomWebOptions, 'url' | 'auth'>
  close(): Promise<void>
}

const SETTINGS = { enabled: true, maxAgeDays: 365 }
const holding = (...made: AnalysedStudy[]) =>
  made.map((one) => ({ studyInstanceUid: one.studyInstanceUid, objects: everything(one) }))

/** Each test has an archive of its own. */
export function archivedPriorContract(name: string, start: () => Promise<OpenServer>) {
  describe(`an earlier study in ${name}`, () => {
    const opened: OpenServer[] = []
    afterEach(async () => {
      for (const server of opened.splice(0)) await server.close()
    })

    /** An archive that holds these objects, and a store that knows these records. */
    async function ports(stored: Parameters<typeof store>[1], records: Partial<AnalysisRecord>[] = []) {
      const server = await start()
      opened.push(server)
      const entries: AuditEntry[] = []
      const archive = createDicomWebClient({
        ...server.connection,
        timeoutMs: 30_000,
        log: quietLog,
        audit: { record: async (entry) => void entries.push(entry) },
      })
      await store(archive, stored)
      entries.splice(0)
      const made: ComparePorts = {
        archive,
        analyses: {
          byPatient: async () => records.filter(({ state }) => state === 'delivered') as AnalysisRecord[],
          byStudy: async (uid) => records.filter((one) => one.studyInstanceUid === uid) as AnalysisRecord[],
          artifact: async () => undefined,
          result: async () => undefined,
        },
        readVolume: readVolumeHere,
        registrar: {
          register: async () => ({
            transform: IDENTITY,
            translationMm: 0.4,
            rotationDegrees: 0.2,
            agreementBefore: 1.1,
            agreementAfter: 1.12,
          }),
          close: async () => {},
        },
      }
      return { ports: made, entries }
    }

    async function store(
      archive: ReturnType<typeof createDicomWebClient>,
      studies: { studyInstanceUid: string; objects: { sopInstanceUid: string; bytes: Uint8Array }[] }[],
    ) {
      for (const { studyInstanceUid, objects } of studies) {
        const outcomes = await archive.store(studyInstanceUid, objects)
        expect(outcomes.every((one) => one.stored)).toBe(true)
      }
    }

    async function notes(
      stored: Parameters<typeof ports>[0],
      input = present(),
      records: Partial<AnalysisRecord>[] = [],
    ) {
      const { comparison, quality } = await compareWithPrior((await ports(stored, records)).ports, input, SETTINGS)
      return { comparison, said: quality.map((note) => note.text).join('|') }
    }

    it('is compared as if our store had known it, and every access is recorded', async () => {
      const earlier = await analysedStudy({ result: continuing })
      const { ports: made, entries } = await ports(holding(earlier))
      const found = await compareWithPrior(made, present(), SETTINGS)

      const receipt = { segmentation: earlier.seg!.sopInstanceUid, report: earlier.report.sopInstanceUid }
      const record = {
        analysisId: earlier.result.analysisId,
        studyInstanceUid: earlier.studyInstanceUid,
        bundleDigest: DIGEST,
        state: 'delivered',
        sequence: 1,
        createdAt: '2025-01-13T09:00:00.000Z',
        legs: [{ leg: 'pacs', state: 'done', attempts: 1, receipt }],
        summary: { patient: PATIENT, study: { ...earlier.result.study, studyTime: '120000' } },
      } as unknown as AnalysisRecord
      const kept: ComparePorts = {
        ...made,
        analyses: {
          byPatient: async () => [record],
          byStudy: async () => [record],
          result: async () => earlier.result,
          artifact: async (_id, role) => {
            const object = role === 'segmentation' ? earlier.seg! : earlier.report
            return { role, mediaType: 'application/dicom', ...object }
          },
        },
      }
      const byStore = await compareWithPrior(kept, present(), SETTINGS)
      expect(byStore.comparison?.prior.objects).toHaveLength(2)
      const { studyTime } = found.comparison!.prior
      expect({ ...found.comparison, prior: { ...found.comparison!.prior, studyTime: '120000' } }).toEqual(
        byStore.comparison,
      )
      expect(studyTime).toMatch(/^\d{6}/)
      expect(found.quality).toEqual(byStore.quality)
      expect(found.comparison!.lesions.map(({ fate }) => fate)).toContain('continued')
      expect(found.comparison!.volumes.find(({ region }) => region === 'ET')!.change).toBeLessThan(-0.01)
      expect(found.comparison!.tracking).toMatchObject({
        ET: { identifier: 'ET older' },
        'lesion 1': trackingOf({ analysisId: 'prior' }, 'lesion 1'),
        'ET lesion 1': trackingOf({ analysisId: 'older' }, 'ET lesion 4'),
      })

      const accesses = entries
        .slice(0, 5)
        .map(({ studyInstanceUid, interaction, what }) => [studyInstanceUid, interaction, what.split(' ')[0]])
      const then = earlier.studyInstanceUid
      expect(accesses).toEqual([
        [NOW.studyInstanceUid, 'search-type', 'studies'],
        [then, 'access', 'metadata'],
        [then, 'retrieve', 'instance'],
        [then, 'retrieve', 'instance'],
        [then, 'retrieve', 'series'],
      ])
      expect(entries[0]!.query).toContain('StudyDate=20240314-20250314&ModalitiesInStudy=SR&PatientID=P-0001')
    })

    it('without a tumour then makes all of it new', async () => {
      const { comparison } = await notes(holding(await analysedStudy({ noFinding: true })))
      expect(comparison!.lesions.every(({ fate }) => fate === 'new')).toBe(true)
      expect(comparison!.prior.objects.map(({ role }) => role)).toEqual(['report'])
    })

    it('is the latest one before the present moment, of the patient alone, within the age', async () => {
      const [old, near, after] = [
        await analysedStudy({ key: 'a', studyDate: '20241201' }),
        await analysedStudy({ key: 'b', studyDate: '20250113' }),
        await analysedStudy({ key: 'c', studyDate: '20250401' }),
      ]
      const { comparison } = await notes(holding(old, after, near))
      expect(comparison?.prior.studyInstanceUid).toBe(near.studyInstanceUid)
      expect(comparison?.days).toBe(60)
      const other = await analysedStudy({ edit: dataset({ IssuerOfPatientID: 'elsewhere' }) })
      expect(await notes(holding(other))).toEqual({ comparison: undefined, said: '' })
      expect(await notes(holding(near), present({ patient: { ...PATIENT, patientId: 'P-000?' } }))).toEqual({
        comparison: undefined,
        said: '',
      })
      expect((await notes(holding(await analysedStudy({ studyDate: '20240313' })))).said).toBe('')
    })

    it('of another bundle is passed over for an older one, and named', async () => {
      const near = await analysedStudy({ key: 'b', studyDate: '20250301', digest: 'ef'.repeat(32) })
      const { comparison, said } = await notes(holding(near, await analysedStudy()))
      expect(comparison?.days).toBe(60)
      expect(said).toContain(
        'The earlier study of 2025-03-01 was not compared: it was analysed by another model bundle (glioma-test).',
      )
    })

    it('of the same model under another card is compared', async () => {
      const near = await analysedStudy({ digest: 'ef'.repeat(32), modelDigest: DIGEST })
      expect((await notes(holding(near))).comparison).toBeDefined()
    })

    it('that states another birth date or sex is another patient', async () => {
      const { said } = await notes(holding(await analysedStudy({ edit: dataset({ PatientSex: 'M' }) })))
      expect(said).toContain('it states another birth date or sex under the same patient identifier')
    })

    it('counts by its last analysis, not by one that was superseded or rejected', async () => {
      const first = await analysedStudy()
      const second = await analysedStudy({
        analysisId: 'second',
        analysedAt: '2025-03-14T08:00:00.000Z',
        predecessor: first,
        result: ({ measurements }) => ({ measurements: measurements.map((one) => ({ ...one, value: one.value + 1 })) }),
      })
      const both = [{ ...holding(first)[0]!, objects: [...everything(first), second.seg!, second.report] }]
      expect((await notes(both)).comparison?.prior.analysisId).toBe('second')
      const rejected = [second.seg!, second.report]
      const note = buildRejectionNote({ result: second.result, referenceInstance: second.source, rejected })
      const withdrawn = [{ ...both[0]!, objects: [...both[0]!.objects, note] }]
      expect(await notes(withdrawn)).toEqual({
        comparison: undefined,
        said: 'The earlier study of 2025-01-13 was not compared: its results are rejected in the archive.',
      })
    })

    it('that a person edited is compared by what the software measured, and says so', async () => {
      const earlier = await analysedStudy()
      const from = earlier.result.measurements.find(({ region }) => region === 'ET')!.value
      const review: Review = {
        reviewId: 'review-1',
        analysisId: earlier.result.analysisId,
        number: 1,
        at: '2025-03-15T08:00:00.000Z',
        decision: 'accept-with-edits',
        reviewer: { identifier: 'dr-9', name: 'Dr Nine' },
        edits: [{ target: 'measurement.ET', from, to: from + 3, reason: 'a vessel' }],
      }
      const verified = (one: Review) =>
        buildVerifiedReport({
          report: earlier.report.bytes,
          predecessor: earlier.report,
          result: earlier.result,
          review: one,
          organization: 'X',
        })
      const stored = (object: ReturnType<typeof verified>) => [
        { ...holding(earlier)[0]!, objects: [...everything(earlier), object] },
      ]
      const { comparison, said } = await notes(stored(verified(review)))
      expect(comparison!.volumes.find(({ region }) => region === 'ET')!.earlier).toBe(from)
      expect(comparison!.prior.objects.at(-1)!.sopInstanceUid).toBe(earlier.report.sopInstanceUid)
      expect(said).toContain('A reviewer edited values of the earlier study')
      const plain = await notes(stored(verified({ ...review, decision: 'accept', edits: [] })))
      expect(plain.comparison).toBeDefined()
      expect(plain.said).not.toContain('A reviewer edited')
    })

    it('is left alone when its report is not ours, and named when what it rests on is not there', async () => {
      const earlier = await analysedStudy()
      const { dataset: ds } = readPart10(earlier.report.bytes)
      const foreign = writePart10({ dataset: { ...ds, ...dataset({ Manufacturer: 'Another maker' }) } })
      const by = (report: Uint8Array, sopInstanceUid = earlier.report.sopInstanceUid) => [
        {
          ...holding(earlier)[0]!,
          objects: [...earlier.instances, earlier.seg!, { sopInstanceUid, bytes: report }],
        },
      ]
      expect(await notes(by(foreign))).toEqual({ comparison: undefined, said: '' })
      const copied = writePart10({ dataset: { ...ds, ...dataset({ SOPInstanceUID: '2.25.4' }) } })
      expect((await notes(by(copied, '2.25.4'))).said).toContain('it names no analysis that its UID derives from')
      const objects = [...earlier.instances, earlier.report]
      expect((await notes([{ ...holding(earlier)[0]!, objects }])).said).toContain(
        'its segmentation is not in the archive',
      )
      const fewer = everything(earlier).slice(1)
      expect((await notes([{ ...holding(earlier)[0]!, objects: fewer }])).said).toContain(
        'its images in the archive are not those that were analysed',
      )
      const seg = readPart10(earlier.seg!.bytes)
      const turned = { ...seg.dataset, ...dataset({ SegmentationType: 'FRACTIONAL' }) }
      delete turned[tagOf('PixelData')]
      const fractional = { ...earlier.seg!, bytes: writePart10({ dataset: turned, pixelData: seg.pixelData! }) }
      const swapped = [...earlier.instances, fractional, earlier.report]
      expect((await notes([{ ...holding(earlier)[0]!, objects: swapped }])).said).toContain(
        'it is not a binary segmentation',
      )
    })

    it('is not asked about where our store speaks for it, unless it only analyses it anew', async () => {
      const earlier = await analysedStudy()
      const { analysisId } = earlier.result
      const record = { studyInstanceUid: earlier.studyInstanceUid, analysisId, state: 'held' as const }
      expect(await notes(holding(earlier), present(), [record])).toEqual({ comparison: undefined, said: '' })
      expect((await notes(holding(earlier), present(), [{ ...record, state: 'queued' }])).comparison).toBeDefined()
      const newer = { ...record, analysisId: 'of more images', state: 'queued' as const }
      expect((await notes(holding(earlier), present(), [newer])).comparison).toBeUndefined()
    })

    it('may fail to be found or read, with the reason and nothing worse', async () => {
      const earlier = await analysedStudy()
      const { ports: made } = await ports(holding(earlier))
      const failing = (change: Partial<ComparePorts['archive']>) =>
        compareWithPrior({ ...made, archive: { ...made.archive, ...change } }, present(), SETTINGS)
      const refused = async () => Promise.reject(new AppError('ARCHIVE_REJECTED', 'the archive answered 400'))
      expect(await failing({ searchStudies: refused })).toMatchObject({
        quality: [{ text: 'Earlier studies could not be looked for: the archive answered 400.' }],
      })
      for (const change of [{ retrieveMetadata: refused }, { retrieveInstance: refused }]) {
        const { comparison, quality } = await failing(change)
        expect(comparison).toBeUndefined()
        expect(quality.map((note) => note.text)).toEqual([
          'The earlier study of 2025-01-13 was not compared: the archive answered 400.',
        ])
      }
    })
  })
}
