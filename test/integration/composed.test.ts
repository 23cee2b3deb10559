// The whole of it in one run: three studies of a patient, every output, reviews, the audit, and a store that was lost; PACS and EHR must agree.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DiagnosticReport, Observation } from '@medplum/fhirtypes'
import { getDocumentProxy } from 'unpdf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { type GeneratedStudy, generateStudy } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { items, tagOf, text, texts } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import type { Comparison } from '../../src/domain/comparison.ts'
import type { Measurement } from '../../src/domain/finding.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import type { RecordedReview } from '../../src/domain/review.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { createRecordStore } from '../../src/fhir/connection/client.ts'
import { quietLog } from '../support/quiet-log.ts'
import { eventually, type ServiceProcess, startServiceProcess } from '../support/service-process.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
/** The quicker of the shipped bundles: outlines that grow with the tumour, and heads. */
const BUNDLE = fileURLToPath(new URL('../../config/models/glioma-unet-2mm', import.meta.url))
const KEY_OBJECTS = '1.2.840.10008.5.1.4.1.1.88.59'
const daysAgo = (days: number) =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')

let folder: string
let servers: Servers
let archive: ImageArchive
let service: ServiceProcess | undefined
let settings: ReturnType<typeof demoSettings> & Record<string, unknown>

let first: GeneratedStudy
let second: GeneratedStudy
let one: Analysed
let two: Analysed
let reportOne: DicomJson
let reportTwo: DicomJson

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-composed-'))
  first = await studyOf(200, 0)
  servers = await openServers({ environment: {} }, folder, first.patient)
  archive = createDicomWebClient({ url: servers.pacs.url, auth: { type: 'none' }, timeoutMs: 30_000, log: quietLog })
  const everything = { keyImages: true, labelMap: true, probabilities: true, uncertainty: true, rejectSuperseded: true }
  settings = {
    ...demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 }),
    inference: { bundle: BUNDLE },
    writeBack: everything,
  }
  service = await startServiceProcess(folder, settings)
})
afterAll(async () => {
  await service?.kill('SIGKILL')
  await servers?.close()
  await rm(folder, { recursive: true, force: true })
})

/** The same head at another date. */
const studyOf = (days: number, growth: number) =>
  generateStudy({ seed: 7, size: 'small', growth, study: { studyDate: daysAgo(days), accessionNumber: `GB-${days}` } })

interface Analysed {
  record: AnalysisRecord
  comparison: Comparison | undefined
  measurements: Measurement[]
  /** Texts of the quality notes. */
  quality: string[]
}

async function analysed(study: GeneratedStudy): Promise<Analysed> {
  await archive.store(study.studyInstanceUid, study.instances)
  const record = await eventually('delivered', async () =>
    (await service!.analyses()).find(
      (one) => one.studyInstanceUid === study.studyInstanceUid && (one.state === 'delivered' || one.state === 'held'),
    ),
  )
  expect(record.hold).toBeUndefined()
  const summary = record.summary as {
    comparison?: Comparison
    measurements: Measurement[]
    quality: { text: string }[]
  }
  return {
    record,
    comparison: summary.comparison,
    measurements: summary.measurements,
    quality: summary.quality.map((note) => note.text),
  }
}

const coreOf = ({ measurements }: Analysed) => measurements.find(({ region }) => region === 'TC')!

/** What the archive holds of the study besides its images, opened. */
async function results({ studyInstanceUid, instances }: GeneratedStudy) {
  const images = new Set(instances.map((one) => one.sopInstanceUid))
  const stored = (await archive.searchInstances(studyInstanceUid)).filter((one) => !images.has(one.sopInstanceUid))
  return Promise.all(
    stored.map(async ({ seriesInstanceUid, sopInstanceUid }) => {
      return readPart10(await archive.retrieveInstance(studyInstanceUid, seriesInstanceUid, sopInstanceUid)).dataset
    }),
  )
}

/** One line per object: what it is, so that two lists can be compared. */
const kinds = (objects: DicomJson[]) =>
  objects
    .map((ds) =>
      [text(ds, 'Modality'), text(ds, 'SegmentationType'), text(ds, 'VerificationFlag')].filter(Boolean).join(' '),
    )
    .sort()
const reportsIn = (objects: DicomJson[]) => objects.filter((ds) => text(ds, 'Modality') === 'SR')

/** Value of a text or UID item in the group that is followed under this identifier. */
function trackingUid(report: DicomJson, key: string): string {
  const all = (item: DicomJson): DicomJson[] => items(item, 'ContentSequence').flatMap((one) => [one, ...all(one)])
  const group = all(report).find((item) =>
    items(item, 'ContentSequence').some((child) => text(child, 'TextValue').startsWith(`${key} `)),
  )
  return items(group!, 'ContentSequence')
    .map((child) => text(child, 'UID'))
    .find((uid) => uid !== '')!
}

function referenced(ds: DicomJson, keyword: string): string[] {
  return items(ds, keyword)
    .flatMap((study) => items(study, 'ReferencedSeriesSequence'))
    .flatMap((series) => items(series, 'ReferencedSOPSequence'))
    .map((one) => text(one, 'ReferencedSOPInstanceUID'))
}

async function pdfText(objects: DicomJson[]): Promise<string> {
  const document = objects.find((ds) => text(ds, 'Modality') === 'DOC')!
  const bytes = Buffer.from(document[tagOf('EncapsulatedDocument')]!.InlineBinary!, 'base64')
  const pdf = await getDocumentProxy(new Uint8Array(bytes))
  const pages = await Promise.all(Array.from({ length: pdf.numPages }, (_, n) => pdf.getPage(n + 1)))
  const contents = await Promise.all(pages.map((page) => page.getTextContent()))
  return contents.flatMap(({ items }) => items.map((item) => ('str' in item ? item.str : ''))).join(' ')
}

async function reportOf({ record }: Analysed) {
  const ehr = createRecordStore({ url: servers.ehr.url, auth: { type: 'none' }, timeoutMs: 30_000 })
  const token = `${settings.ehr.analysisSystem}|${record.analysisId}`
  const [report, ...more] = (await ehr.search('DiagnosticReport', 'identifier', [token])) as DiagnosticReport[]
  expect(more).toEqual([])
  const observations = await Promise.all((report!.result ?? []).map(({ reference }) => ehr.read(reference!)))
  return { report: report!, observations: observations as Observation[] }
}

async function review({ record }: Analysed, version: number, decided: Record<string, unknown>): Promise<void> {
  const { analysisId } = record
  const answer = await fetch(`${service!.url}/api/analyses/${analysisId}/review`, {
    method: 'POST',
    headers: { 'idempotency-key': `key-${analysisId.slice(0, 8)}-${version}` },
    body: JSON.stringify({ ...decided, version, reviewer: { identifier: 'dr-9', name: 'Nine^Dora' } }),
  })
  expect(answer.status).toBe(201)
  await eventually('the review delivered', async () => {
    const path = `/api/analyses/${analysisId}/reviews`
    const { reviews } = (await service!.get<{ reviews: RecordedReview[] }>(path))!
    const deliveries = reviews.at(-1)!.deliveries
    expect(deliveries.filter(({ state }) => state === 'failed')).toEqual([])
    return reviews.length === version + 1 && deliveries.every(({ state }) => state === 'done') ? true : undefined
  })
}

describe('three studies of a patient', () => {
  it('compares a first study with nothing', async () => {
    one = await analysed(first)
    expect(one.comparison).toBeUndefined()
    expect(one.quality.filter((note) => note.includes('earlier stud'))).toEqual([])
    reportOne = reportsIn(await results(first))[0]!
    expect(items(reportOne, 'PertinentOtherEvidenceSequence')).toEqual([])
  })

  it('compares the second one, everywhere alike, and stores every output', async () => {
    second = await studyOf(100, 4)
    two = await analysed(second)
    expect(two.comparison?.prior.studyInstanceUid).toBe(first.studyInstanceUid)
    expect(two.comparison?.days).toBe(100)
    const change = two.comparison!.volumes.find(({ region }) => region === 'TC')!
    expect(change.change).toBeGreaterThan(0)
    const objects = await results(second)
    const shown = kinds(objects)
    expect(shown.filter((kind) => kind === 'OT').length).toBeGreaterThan(0)
    expect(shown.filter((kind) => kind !== 'OT')).toEqual([
      'DOC UNVERIFIED',
      'MR',
      'SEG BINARY',
      'SEG FRACTIONAL',
      'SEG LABELMAP',
      'SR UNVERIFIED',
    ])
    reportTwo = reportsIn(objects)[0]!
    const priorObjects = two.comparison!.prior.objects.map(({ sopInstanceUid }) => sopInstanceUid)
    expect(priorObjects).toHaveLength(2)
    expect(priorObjects).toContain(text(reportOne, 'SOPInstanceUID'))
    expect(referenced(reportTwo, 'PertinentOtherEvidenceSequence').sort()).toEqual(priorObjects.sort())
    expect(trackingUid(reportTwo, 'TC')).toBe(trackingUid(reportOne, 'TC'))
    expect(JSON.stringify(reportTwo)).toContain('Change of volume since the earlier study')
    expect((await pdfText(objects)).toLowerCase()).toMatch(/100 days/)
    const posted = await reportOf(two)
    expect(posted.report.status).toBe('preliminary')
    expect(posted.report.conclusion).toContain(`(Study Instance UID ${first.studyInstanceUid})`)
    const inEhr = posted.observations
      .flatMap(({ component }) => component ?? [])
      .filter(({ code }) => code.coding?.some((coding) => coding.code === 'volume-change'))
      .map(({ valueQuantity }) => valueQuantity?.value)
    expect(inEhr).toContain(Number(change.change.toFixed(3)))
  })

  it("brings a person's decision to PACS and EHR alike", async () => {
    await review(one, 0, { decision: 'accept' })
    expect((await reportOf(one)).report.status).toBe('final')
    expect(kinds(reportsIn(await results(first)))).toEqual(['SR UNVERIFIED', 'SR VERIFIED'])
    await review(one, 1, { decision: 'reject', reason: 'Wrong patient positioned' })
    expect((await reportOf(one)).report.status).toBe('entered-in-error')
    const left = await results(first)
    // One note of the preliminary documents that the accepted ones replaced, one of the rejection: together, all that was stored.
    const notes = left.filter((ds) => text(ds, 'SOPClassUID') === KEY_OBJECTS)
    const withdrawn = new Set(notes.flatMap((note) => referenced(note, 'CurrentRequestedProcedureEvidenceSequence')))
    expect(notes).toHaveLength(2)
    expect([...withdrawn].sort()).toEqual(
      left
        .filter((ds) => !notes.includes(ds))
        .map((ds) => text(ds, 'SOPInstanceUID'))
        .sort(),
    )
    const rim = two.measurements.find(({ region }) => region === 'ET')!
    const edits = [
      { target: 'measurement.ET', from: rim.value, to: rim.value + 1.5, reason: 'The rim reaches further' },
    ]
    await review(two, 0, { decision: 'accept-with-edits', edits })
    const amended = await reportOf(two)
    expect(amended.report.status).toBe('amended')
    expect(JSON.stringify(amended.observations)).toContain('The rim reaches further')
    const verified = reportsIn(await results(second)).find((ds) => text(ds, 'VerificationFlag') === 'VERIFIED')!
    expect(texts(items(verified, 'VerifyingObserverSequence')[0]!, 'VerifyingObserverName')).toEqual(['Nine^Dora'])
    expect(JSON.stringify(verified)).toContain('The rim reaches further')
  })

  it('has all of it in an unbroken chain', async () => {
    await service!.kill('SIGTERM')
    const config = ['--config', join(folder, 'settings.json')]
    const audit = (...args: string[]) =>
      spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...config, 'audit', ...args], {
        encoding: 'utf8',
      })
    const chain = audit('verify')
    expect(chain.stdout).toMatch(/^\d+ rows, the chain is whole; head /)
    expect(chain.status).toBe(0)
    const searches = audit('export', '--format', 'syslog')
      .stdout.split('\n')
      .filter((line) => line.includes('110112'))
    expect(searches.length).toBeGreaterThan(0)
  })

  it('finds the prior in the archive when the store is lost', async () => {
    await rm(join(folder, 'state'), { recursive: true })
    service = await startServiceProcess(folder, {
      ...settings,
      pacs: { ...settings.pacs, poll: { intervalSeconds: 1, lookBackDays: 30 } },
    })
    const third = await studyOf(0, 0)
    const three = await analysed(third)
    expect(await service.analyses()).toHaveLength(1)
    expect(three.comparison?.prior.studyInstanceUid).toBe(second.studyInstanceUid)
    expect(three.comparison?.days).toBe(100)
    expect(three.comparison!.volumes.find(({ region }) => region === 'TC')).toMatchObject({
      earlier: coreOf(two).value,
    })
    expect(three.quality.join()).toContain('A reviewer edited values of the earlier study')
    const [reportThree] = reportsIn(await results(third))
    expect(referenced(reportThree!, 'PertinentOtherEvidenceSequence')).toContain(text(reportTwo, 'SOPInstanceUID'))
    expect(trackingUid(reportThree!, 'TC')).toBe(trackingUid(reportOne, 'TC'))
  })
})
