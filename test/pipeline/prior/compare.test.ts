// Which earlier study a new one is compared with, and every reason why it is not: never another patient's, never one that does not stand.

import { beforeAll, describe, expect, it } from 'vitest'
import { dataset, text } from '../../../src/dicom/dataset.ts'
import { readPart10 } from '../../../src/dicom/part10.ts'
import { buildRejectionNote } from '../../../src/dicom/rejection-note.ts'
import { readVolumeHere } from '../../../src/dicom/series-volume.ts'
import { trackingOf } from '../../../src/dicom/tracking.ts'
import type { AnalysisRecord, AnalysisState } from '../../../src/domain/analysis.ts'
import { AppError } from '../../../src/domain/errors.ts'
import type { ReportableResult } from '../../../src/domain/finding.ts'
import type { Artifact } from '../../../src/domain/ports/analysis-store.ts'
import type { DicomJson, PatientIdentity, Study, StudyIdentity } from '../../../src/domain/study.ts'
import type { LabelVolume } from '../../../src/domain/volume.ts'
import type { Bundle } from '../../../src/inference/bundle/manifest.ts'
import { measureLesions } from '../../../src/inference/lesions/diameters.ts'
import { measure } from '../../../src/inference/lesions/measure.ts'
import { IDENTITY } from '../../../src/inference/volumes/rigid.ts'
import { type CompareInput, type ComparePorts, compareWithPrior } from '../../../src/pipeline/prior/compare.ts'
import { inputOf, MADE_BY } from '../../dicom/report-input.ts'
import { classicSeries, seriesOf } from '../../dicom/support.ts'
import { PATIENT } from '../../support/analysed-study.ts'

const BUNDLE = MADE_BY as unknown as Bundle
const PRIOR_UID = '2.25.77'
const studyOf = (studyInstanceUid: string, studyDate: string, studyTime = '081500') =>
  ({ studyInstanceUid, studyDate, studyTime }) as StudyIdentity
const NOW = studyOf('2.25.99', '20250314')
const inPrior = (ds: DicomJson): DicomJson => ({
  ...ds,
  ...dataset({ StudyInstanceUID: PRIOR_UID, StudyDate: '20250113' }),
})

/** The earlier study as archive and store have it, made once. */
let prior: {
  study: Study
  files: Map<string, Uint8Array>
  result: ReportableResult
  labels: LabelVolume
  artifacts: Artifact[]
}
beforeAll(async () => {
  const [reference, other] = [
    await classicSeries({ seriesKey: 'prior', edit: inPrior }),
    await classicSeries({ seriesKey: 'prior other', edit: inPrior }),
  ]
  const made = inputOf(reference, other)
  const seg = made.segmentation!
  const result: ReportableResult = { ...made.result, patient: PATIENT, study: studyOf(PRIOR_UID, '20250113') }
  const uids = {
    sopInstanceUid: seg.sopInstanceUid,
    seriesInstanceUid: seg.seriesInstanceUid,
    sopClassUid: seg.sopClassUid,
  }
  prior = {
    study: {
      studyInstanceUid: PRIOR_UID,
      series: [reference.series, other.series, { ...seriesOf([seg.bytes]), modality: 'SEG' }],
    },
    files: new Map(reference.files.map((bytes) => [text(readPart10(bytes).dataset, 'SOPInstanceUID'), bytes])),
    result,
    labels: made.labels,
    artifacts: [{ role: 'segmentation', mediaType: 'application/dicom', bytes: seg.bytes, ...uids }],
  }
})

function recordOf(change: Partial<AnalysisRecord> = {}, patient = PATIENT, study = prior.result.study): AnalysisRecord {
  const segmentation = prior.artifacts[0]!.sopInstanceUid!
  return {
    analysisId: prior.result.analysisId,
    studyInstanceUid: study.studyInstanceUid,
    bundleId: 'glioma-test',
    bundleDigest: 'ab'.repeat(32),
    state: 'delivered' as AnalysisState,
    sequence: 1,
    createdAt: '2025-01-13T09:00:00.000Z',
    legs: [{ leg: 'pacs', state: 'done', attempts: 1, receipt: { segmentation } }],
    summary: { patient, study },
    ...change,
  } as AnalysisRecord
}

/** What the store and the archive answer; `more` are records of byStudy only. */
function scenario(
  options: {
    records?: AnalysisRecord[]
    more?: AnalysisRecord[]
    study?: Study
    artifacts?: Artifact[]
    register?: ComparePorts['registrar']['register']
  } = {},
) {
  const records = options.records ?? [recordOf()]
  const asked: string[] = []
  const ports: ComparePorts = {
    archive: {
      searchStudies: async () => [],
      searchInstances: async () => [],
      retrieveInstance: async () => Promise.reject(new Error('not asked for')),
      retrieveMetadata: async (uid) => {
        asked.push(uid)
        return options.study ?? prior.study
      },
      async *retrieveSeries(_study, _series, expected) {
        for (const uid of expected) yield prior.files.get(uid)!
      },
    },
    analyses: {
      // As the store's contract has it: exactly this identifier and issuer, delivered.
      byPatient: async ({ patientId, issuerOfPatientId }) =>
        records.filter(({ state, summary }) => {
          const stated = summary?.patient as PatientIdentity
          return (
            state === 'delivered' && stated.patientId === patientId && stated.issuerOfPatientId === issuerOfPatientId
          )
        }),
      byStudy: async (uid) => [...records, ...(options.more ?? [])].filter((one) => one.studyInstanceUid === uid),
      result: async () => (options.artifacts?.length === 0 ? undefined : prior.result),
      artifact: async (_id, role) => (options.artifacts ?? prior.artifacts).find((one) => one.role === role),
    },
    readVolume: readVolumeHere,
    registrar: {
      register:
        options.register ??
        (async () => ({
          transform: IDENTITY,
          translationMm: 0.4,
          rotationDegrees: 0.2,
          agreementBefore: 1.1,
          agreementAfter: 1.12,
        })),
      close: async () => {},
    },
  }
  return { ports, asked }
}

/** The present study: the earlier tumour without its enhancing part beyond half of the slices. */
function present(change: Partial<CompareInput> = {}, patient = PATIENT): CompareInput {
  const { grid } = prior.labels
  const data = prior.labels.data.map((label, at) => (label === 3 && at % grid.size[0] > 18 ? 2 : label))
  const segmentation = { grid, data }
  return {
    result: {
      analysisId: 'now',
      patient,
      study: NOW,
      software: prior.result.software,
      measurements: measure(segmentation, BUNDLE).measurements,
      segmentation,
    },
    image: { grid, data: new Float32Array(data.length) },
    enhancing: measureLesions(segmentation, BUNDLE.regions.ET ?? []),
    sequences: ['T1c', 'FLAIR'],
    bundle: BUNDLE,
    bundleDigest: 'ab'.repeat(32),
    modelDigest: '9e'.repeat(32),
    ...change,
  }
}

const SETTINGS = { enabled: true, maxAgeDays: 365 }
const compare = (ports: ComparePorts, input = present(), settings = SETTINGS) =>
  compareWithPrior(ports, input, settings)
const why = async (options: Parameters<typeof scenario>[0], input = present()) => {
  const { comparison, quality } = await compare(scenario(options).ports, input)
  expect(comparison).toBeUndefined()
  return quality.map(({ text: sentence }) => sentence).join('|')
}

describe('comparison with the earlier study', () => {
  it('reads the stored segmentation back and reports the change against it', async () => {
    const { comparison, quality } = await compare(scenario().ports)
    const seg = prior.artifacts[0]!
    expect(comparison?.prior).toMatchObject({
      studyInstanceUid: PRIOR_UID,
      studyDate: '20250113',
      objects: [{ role: 'segmentation', sopInstanceUid: seg.sopInstanceUid }],
    })
    expect(comparison?.days).toBe(60)
    const { studyInstanceUid, studyDate } = comparison!.prior
    expect(comparison?.course).toMatchObject([{ studyInstanceUid, studyDate }])
    expect(comparison?.course?.[0]?.volumes.find(({ region }) => region === 'WT')?.value).toBe(
      comparison!.volumes.find(({ region }) => region === 'WT')!.earlier,
    )
    for (const change of comparison!.volumes) {
      const before = prior.result.measurements.find(({ region }) => region === change.region)!
      expect(change.earlier).toBe(before.value)
    }
    const whole = comparison!.volumes.find(({ region }) => region === 'WT')!
    expect(whole.change).toBeCloseTo(0, 9)
    expect(comparison!.volumes.find(({ region }) => region === 'ET')!.change).toBeLessThan(0)
    expect(comparison!.lesions.every(({ fate }) => fate === 'continued')).toBe(true)
    // What the segmentation itself says, not what could be derived anew.
    expect(comparison!.tracking.ET).toEqual(trackingOf(prior.result, 'ET'))
    expect(trackingOf({ analysisId: 'now', comparison: comparison! }, 'ET')).toEqual(trackingOf(prior.result, 'ET'))
    expect(quality[0]).toMatchObject({ code: 'prior-compared', severity: 'info' })
    expect(quality[0]!.text).toMatch(
      /^Compared with the study of 2025-01-13, 60 days earlier .* clinical state, steroids, /,
    )
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison)
  })

  it('takes another patient of the same name for nobody', async () => {
    for (const other of [
      { ...PATIENT, patientId: 'P-0002' },
      { ...PATIENT, issuerOfPatientId: 'elsewhere' },
    ]) {
      const { ports, asked } = scenario()
      expect(await compare(ports, present({}, other))).toEqual({ quality: [] })
      expect(asked).toEqual([])
    }
  })

  it('takes one identifier with two birth dates or sexes for two patients', async () => {
    expect(await why({}, present({}, { ...PATIENT, patientBirthDate: '19610301' }))).toContain(
      'it states another birth date or sex',
    )
    expect(await why({}, present({}, { ...PATIENT, patientSex: 'M' }))).toContain('it states another birth date or sex')
  })

  it.each(['superseded', 'held', 'analysed', 'running'] as const)(
    'does not use an analysis that is %s',
    async (state) => {
      expect(await compare(scenario({ records: [recordOf({ state })] }).ports)).toEqual({ quality: [] })
    },
  )

  it('does not use a study whose later analysis is not delivered, nor a rejected one', async () => {
    const later = recordOf({ analysisId: 'later', state: 'held', sequence: 2 })
    expect(await why({ more: [later] })).toBe(
      'The earlier study of 2025-01-13 was not compared: its last analysis is not delivered (held).',
    )
    const review = {
      number: 1,
      decision: 'reject' as const,
      at: '2025-01-15T09:00:00.000Z',
      reviewer: 'Dr Nine',
      edits: [],
      delivered: true,
    }
    expect(await why({ records: [recordOf({ review })] })).toContain('a reviewer rejected its analysis')
    expect((await compare(scenario({ more: [{ ...later, state: 'superseded' }] }).ports)).comparison).toBeDefined()
  })

  it('does not compare across bundles, nor beyond the age that is set, nor when switched off', async () => {
    expect(await why({}, present({ bundleDigest: 'ef'.repeat(32) }))).toContain(
      'it was analysed by another model bundle (glioma-test)',
    )
    const other = recordOf({ modelDigest: 'ef'.repeat(32) })
    expect(await why({ records: [other] })).toContain('it was analysed by another model bundle (glioma-test)')
    const { ports } = scenario()
    expect((await compare(ports, present(), { enabled: true, maxAgeDays: 59 })).quality[0]!.text).toContain(
      'it is 60 days older, more than 59',
    )
    expect(await compare(ports, present(), { enabled: false, maxAgeDays: 365 })).toEqual({ quality: [] })
  })

  it('compares across versions of a card, since the same model made both', async () => {
    const record = recordOf({ bundleDigest: 'ef'.repeat(32), modelDigest: '9e'.repeat(32) })
    expect((await compare(scenario({ records: [record] }).ports)).comparison).toBeDefined()
  })

  it('does not take a later study, the same moment or an undated one for an earlier one', async () => {
    for (const study of [
      studyOf(PRIOR_UID, '20250315'),
      studyOf(PRIOR_UID, '20250314'),
      studyOf(PRIOR_UID, '20250314', ''),
      studyOf(PRIOR_UID, ''),
    ])
      expect(await compare(scenario({ records: [recordOf({}, PATIENT, study)] }).ports)).toEqual({ quality: [] })
    const sameDay = await compare(
      scenario({ records: [recordOf({}, PATIENT, studyOf(PRIOR_UID, '20250314', '074500'))] }).ports,
    )
    expect(sameDay.comparison?.days).toBe(0)
  })

  it('goes on to an older study when the nearest one does not serve, and says so', async () => {
    const near = recordOf(
      { analysisId: 'near', bundleDigest: 'ef'.repeat(32) },
      PATIENT,
      studyOf('2.25.88', '20250301'),
    )
    const { comparison, quality } = await compare(scenario({ records: [near, recordOf()] }).ports)
    expect(comparison?.prior.studyInstanceUid).toBe(PRIOR_UID)
    expect(quality.map(({ text: sentence }) => sentence).at(-1)).toContain(
      'The earlier study of 2025-03-01 was not compared',
    )
  })

  it('asks the archive whether the earlier study still stands', async () => {
    const { series } = prior.study
    const change = (edit: (ds: DicomJson) => DicomJson): Study => ({
      ...prior.study,
      series: series.map((one) => ({
        ...one,
        instances: one.instances.map((each) => ({ ...each, metadata: edit(each.metadata) })),
      })),
    })
    expect(await why({ study: change((ds) => ({ ...ds, ...dataset({ PatientID: 'P-9' }) })) })).toContain(
      'the archive has it under another patient by now',
    )
    expect(await why({ study: change((ds) => ({ ...ds, ...dataset({ PatientSex: 'M' }) })) })).toContain(
      'another birth date or sex',
    )
    expect(await why({ study: { ...prior.study, series: series.slice(0, 2) } })).toContain(
      'its segmentation is not in the archive',
    )
    expect(await why({ study: { ...prior.study, series: [series[0]!, series[2]!] } })).toContain(
      'are not those that were analysed',
    )
    const objects = [
      {
        sopInstanceUid: prior.artifacts[0]!.sopInstanceUid!,
        seriesInstanceUid: '2.25.5',
        sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4',
      },
    ]
    const note = buildRejectionNote({
      result: prior.result,
      referenceInstance: series[0]!.instances[0]!.metadata,
      rejected: objects,
    })
    const rejected = { ...prior.study, series: [...series, { ...seriesOf([note.bytes]), modality: 'KO' }] }
    expect(await why({ study: rejected })).toContain('are rejected in the archive')
    expect(await why({ records: [recordOf({ legs: [] })] })).toContain('its segmentation is not in the archive')
    expect(await why({ artifacts: [] })).toContain('its result is not kept here any more')
  })

  it('survives what may fail, with the reason, but not a fault of the program', async () => {
    const failing = (error: unknown) => async () => Promise.reject(error)
    const poor = new AppError('INPUT_IMPLAUSIBLE', 'the earlier study could not be aligned with the reference series')
    expect(await why({ register: failing(poor) })).toBe(
      'The earlier study of 2025-01-13 was not compared: the earlier study could not be aligned with the reference series.',
    )
    await expect(why({ register: failing(new TypeError('Doe^Jane')) })).rejects.toMatchObject({ code: 'INTERNAL' })
    const { ports } = scenario()
    const gone = {
      ...ports,
      analyses: { ...ports.analyses, byPatient: failing(new AppError('DATABASE_UNREACHABLE', 'no database')) },
    }
    expect((await compare(gone)).quality[0]!.text).toBe('Earlier studies could not be looked for: no database.')
  })

  it('gives no category when one of the studies has no images after contrast', async () => {
    const { comparison, quality } = await compare(scenario().ports, present({ sequences: ['FLAIR'] }))
    expect(comparison?.response).not.toHaveProperty('category')
    expect(comparison?.response.reasons).toEqual(['Images after contrast medium are missing at one of the two times.'])
    expect(quality.map(({ text: sentence }) => sentence).join()).toContain(
      'not read from the same sequences (earlier: T1c, FLAIR)',
    )
  })
})
