// One run of the service's main job with everything a site can switch on; what was delivered is read back and written to a folder.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Resource } from '@medplum/fhirtypes'
import { type RunningDemo, runDemo } from '../../demo/demo.ts'
import { buildRejectionNote } from '../../src/dicom/rejection-note.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import type { ReportableResult } from '../../src/domain/finding.ts'
import type { Artifact } from '../../src/domain/ports/analysis-store.ts'
import { createRecordStore } from '../../src/fhir/connection/client.ts'
import type { WrittenObject } from '../../test/support/judge-dicom.ts'
import type { PostedResource } from '../../test/support/judge-fhir.ts'

const EVERYTHING = {
  pdf: true,
  report: true,
  keyImages: true,
  segmentationPerSequence: true,
  labelMap: true,
  probabilities: true,
  uncertainty: true,
  saliency: true,
  rejectSuperseded: true,
}

export interface StudyRun {
  title: string
  /** A state other than delivered has no objects. */
  state: AnalysisRecord['state']
  hold?: string
  objects: WrittenObject[]
  /** Paths of the images that were sent. */
  sources: string[]
  /** Of these, the reference series. */
  reference: string[]
  posted: PostedResource[]
  result?: ReportableResult
}

export interface StudyOptions {
  title: string
  /** Folder for everything of this study. */
  folder: string
  /** Folder of DICOM files; default: the generated study. */
  study?: string
  /** DICOMweb address of a real archive, instead of the embedded one. */
  pacs?: string
}

/** Runs the service on the study until the analysis is at rest. */
export async function runStudy({ title, folder, study, pacs }: StudyOptions): Promise<StudyRun> {
  await mkdir(folder, { recursive: true })
  const demo = await runDemo({
    seed: 1,
    port: 0,
    ...(study === undefined ? {} : { study }),
    ...(pacs === undefined ? {} : { pacs }),
    writeBack: EVERYTHING,
    environment: process.env,
  })
  try {
    const records = await demo.service.store.analyses.byStudy(demo.result.studyInstanceUid)
    const record = records.find(({ state }) => state !== 'superseded')!
    if (record.state !== 'delivered') {
      const hold = record.hold?.code
      return {
        title,
        state: record.state,
        ...(hold ? { hold } : {}),
        objects: [],
        sources: [],
        reference: [],
        posted: [],
      }
    }
    const artifacts = await demo.service.store.analyses.artifacts(record.analysisId)
    const result = record.summary as ReportableResult
    const images = await writeSources(demo, folder, result)
    const objects = await writeObjects(demo, folder, artifacts)
    objects.push(await writeNote(demo, folder, artifacts, result))
    const pdf = artifacts.find(({ role }) => role === 'pdf')
    if (pdf !== undefined) await writeFile(join(folder, 'report.pdf'), pdf.bytes)
    return { title, state: record.state, objects, ...images, posted: await writePosted(demo, folder, record), result }
  } finally {
    await demo.close()
  }
}

/** The series used in the analysis, as stored in the archive. */
async function writeSources(
  { service, result: { studyInstanceUid } }: RunningDemo,
  folder: string,
  result: ReportableResult,
) {
  const sources: string[] = []
  const reference: string[] = []
  await mkdir(join(folder, 'sources'), { recursive: true })
  for (const { sequence, seriesInstanceUid, sopInstanceUids } of result.inputs) {
    for await (const bytes of service.archive.retrieveSeries(studyInstanceUid, seriesInstanceUid, sopInstanceUids)) {
      const path = join(folder, 'sources', `${sequence}-${String(sources.length + 1).padStart(4, '0')}.dcm`)
      await writeFile(path, bytes)
      sources.push(path)
      if (seriesInstanceUid === result.referenceSeriesUid) reference.push(path)
    }
  }
  return { sources, reference }
}

/** Every DICOM object, as the archive returns it. */
async function writeObjects({ service, result }: RunningDemo, folder: string, artifacts: Artifact[]) {
  const written: WrittenObject[] = []
  for (const { role, seriesInstanceUid, sopInstanceUid } of artifacts) {
    if (seriesInstanceUid === undefined || sopInstanceUid === undefined) continue
    const bytes = await service.archive.retrieveInstance(result.studyInstanceUid, seriesInstanceUid, sopInstanceUid)
    written.push(await writeObject(folder, role, bytes))
  }
  return written
}

async function writeObject(folder: string, name: string, bytes: Uint8Array): Promise<WrittenObject> {
  const path = join(folder, `${name}.dcm`)
  await writeFile(path, bytes)
  return { name, path }
}

/** Only a later analysis would write this note; here the service's builder makes the one that would withdraw these objects. */
async function writeNote(
  { service, result: { studyInstanceUid } }: RunningDemo,
  folder: string,
  artifacts: Artifact[],
  result: ReportableResult,
) {
  const { series } = await service.archive.retrieveMetadata(studyInstanceUid)
  const reference = series.find(({ seriesInstanceUid }) => seriesInstanceUid === result.referenceSeriesUid)!
  const rejected = artifacts.flatMap(({ sopClassUid, sopInstanceUid, seriesInstanceUid }) =>
    sopClassUid && sopInstanceUid && seriesInstanceUid ? [{ sopClassUid, sopInstanceUid, seriesInstanceUid }] : [],
  )
  const note = buildRejectionNote({ result, referenceInstance: reference.instances[0]!.metadata, rejected })
  return writeObject(folder, 'rejection-note', note.bytes)
}

/** Every resource named in the EHR's receipt, as the EHR returns it; not the patient, which is not ours. */
async function writePosted(
  { service }: RunningDemo,
  folder: string,
  record: AnalysisRecord,
): Promise<PostedResource[]> {
  const store = createRecordStore(service.settings.ehr)
  const receipt = record.legs.find(({ leg }) => leg === 'ehr')?.receipt ?? {}
  const posted: PostedResource[] = []
  await mkdir(join(folder, 'fhir'), { recursive: true })
  for (const [name, reference] of Object.entries(receipt)) {
    if (name === 'patient') continue
    const resource: Resource | undefined = await store.read(reference)
    if (resource === undefined) throw new Error(`the EHR does not have ${reference} any more`)
    await writeFile(join(folder, 'fhir', `${name}.json`), `${JSON.stringify(resource, null, 2)}\n`)
    posted.push({ name, resource })
  }
  return posted
}
