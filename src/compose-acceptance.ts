// Wires an acceptance: runs studies from a folder or the PACS through the service's own analysis, in a separate record, and checks limits stated beforehand.
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openParts, type Parts } from './compose-parts.ts'
import { analysisOf } from './compose-workers.ts'
import { describeObject } from './dicomweb/describe-object.ts'
import type { AcceptancePlan, AcceptanceReport, AcceptedStudy } from './domain/acceptance.ts'
import { AppError, asAppError } from './domain/errors.ts'
import type { ImageArchive } from './domain/ports/image-archive.ts'
import type { Log } from './domain/ports/log.ts'
import type { ReceivedImages } from './domain/ports/received-images.ts'
import type { Uid } from './domain/study.ts'
import { judgeAcceptance } from './evaluation/acceptance.ts'
import { readLimits } from './evaluation/acceptance-limits.ts'
import { bratsLabels, readCaseFiles } from './evaluation/case-files.ts'
import { byId, parseCsv, type Table } from './evaluation/csv.ts'
import { scoreRegions } from './evaluation/evaluate.ts'
import { labelsOf, withFullNames } from './evaluation/label-table.ts'
import { labelsOnto } from './evaluation/onto-grid.ts'
import { acceptStudy, type StudyAccepted } from './pipeline/accept-studies.ts'
import { registerAnalysis } from './pipeline/intake.ts'
import { openReceivedImages } from './receiving/spool.ts'
import { withReceived } from './receiving/with-received.ts'
import type { Settings } from './settings/schema.ts'
import { expectRoom } from './store/disk.ts'
import { openStore } from './store/store.ts'
import { routingVerdict } from './triggers/rules.ts'

export interface AcceptanceOptions {
  /** A folder with one subfolder of DICOM files per study, or study dates (DICOM DA) in the PACS. */
  source: { folder: string } | { from: string; to: string }
  /** Text of the file with the limits. */
  limits: string
  /** Tissue results by study: a table in the form of `evaluate --labels`. */
  labels?: { text: string; name: string }
  log: Log
  /** Called before the first study is analysed. */
  onPlan(plan: AcceptancePlan): Promise<void>
  onProgress(line: string): void
}

/** A study of the acceptance, and the folder that may contain its reference. */
interface Named {
  name: string
  study: Uid
  folder?: string
}

export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

/** The text that is signed, and whose digest is stated. */
export const documentOf = (value: AcceptancePlan | AcceptanceReport) => `${JSON.stringify(value, null, 2)}\n`

/** A study that cannot be analysed is listed as a failure, and the others go on. Throws SETTINGS_INVALID for limits that can never be met. */
export async function runAcceptance(settings: Settings, options: AcceptanceOptions): Promise<AcceptanceReport> {
  const { source, log } = options
  const scratch = await mkdtemp(join(tmpdir(), 'gliabridge-accept-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })]
  const onClose = (step: () => Promise<unknown>) => void undo.push(step)
  try {
    // A folder needs nothing from the site's record; reads from the PACS go into the site's audit trail.
    const own = 'folder' in source ? { ...settings, store: { dataDir: join(scratch, 'site') } } : settings
    const parts = await openParts(own, { log }, onClose)
    const limits = readLimits(options.limits, parts.bundle)
    const { archive, studies } =
      'folder' in source
        ? await studiesOfFolder(source.folder, join(scratch, 'received'), parts)
        : { archive: parts.archive, studies: await studiesOfArchive(source, parts) }
    if (studies.length === 0) throw new AppError('NOT_FOUND', 'there is no study to accept the bundle on')
    const plan = planOf(parts, options, { limits, studies })
    await parts.store.audit.record({
      action: 'read',
      target: 'store',
      studyInstanceUid: '',
      what: `acceptance of ${plan.bundle.id} ${plan.bundle.version} begun on ${studies.length} studies, limits sha256 ${plan.limitsSha256}`,
      outcome: 'success',
    })
    await options.onPlan(plan)
    const store = await openStore({ dataDir: join(scratch, 'record'), clock: parts.clock, log })
    onClose(() => store.close())
    const accept = acceptorOf(parts, archive, store.analyses)
    const accepted = await runAll(studies, accept, parts, options)
    return {
      schema: 'gliabridge-acceptance/1',
      plan,
      planSha256: sha256(documentOf(plan)),
      endedAt: parts.clock.now().toISOString(),
      ...judgeAcceptance(limits, accepted),
      studies: accepted,
    }
  } finally {
    for (const step of undo.splice(0).reverse()) await step()
  }
}

function planOf(
  { clock, bundle, software, runner, settings }: Parts,
  { source, limits: text, labels }: AcceptanceOptions,
  { limits, studies }: { limits: AcceptancePlan['limits']; studies: readonly Named[] },
): AcceptancePlan {
  const { provider, runtime } = runner.execution
  return {
    schema: 'gliabridge-acceptance-plan/1',
    begunAt: clock.now().toISOString(),
    institution: settings.institution.name,
    software: { name: software.name, version: software.version },
    bundle: bundle.identity,
    runtime: { node: process.version, provider, runtime },
    limits,
    limitsSha256: sha256(text),
    ...(labels && { labelsSha256: sha256(labels.text) }),
    source: 'folder' in source ? `folder ${source.folder}` : `PACS, study dates ${source.from} to ${source.to}`,
    studies: studies.map(({ name }) => name),
  }
}

function acceptorOf(parts: Parts, archive: ImageArchive, analyses: Awaited<ReturnType<typeof openStore>>['analyses']) {
  const { ports, options } = analysisOf(parts)
  // The bundle is tested as it is, even if a stop rule has turned a head off.
  const { spool: _kept, ehr: _record, switches: _stops, ...rest } = ports
  const intake = { analyses, log: parts.log, wake: async () => undefined }
  const register = (study: Uid, digest: string) => registerAnalysis(intake, parts.bundle.identity, study, digest)
  return (study: Uid) => acceptStudy({ ...rest, analyses, archive, register }, options, study)
}

async function runAll(
  studies: readonly Named[],
  accept: (study: Uid) => Promise<StudyAccepted>,
  { bundle }: Parts,
  { labels, onProgress }: AcceptanceOptions,
): Promise<AcceptedStudy[]> {
  const rows = labels && byId(withFullNames(parseCsv(labels.text, labels.name), labels.name), labels.name)
  const accepted: AcceptedStudy[] = []
  for (const [n, one] of studies.entries()) {
    const { name, study: studyInstanceUid } = one
    const base = { name, studyInstanceUid, volumes: {}, scores: [], calls: [] }
    try {
      accepted.push({ ...base, ...(await measured(one, await accept(studyInstanceUid), bundle, rows?.get(name))) })
    } catch (thrown) {
      const { code, message } = asAppError(thrown)
      accepted.push({ ...base, failure: { code, message } })
    }
    const { failure, seconds = 0 } = accepted.at(-1)!
    onProgress(
      `[${n + 1}/${studies.length}] ${name}: ${failure ? `${failure.code}: ${failure.message}` : `${seconds.toFixed(1)} s`}`,
    )
  }
  return accepted
}

async function measured(
  { name, folder }: Named,
  { result, labels, segmentation, seconds }: StudyAccepted,
  bundle: Parts['bundle'],
  row: Table['rows'][number] | undefined,
): Promise<Omit<AcceptedStudy, 'name'>> {
  const expert = folder === undefined ? undefined : (await readCaseFiles(folder)).labels
  const drawn = expert && labelsOnto(bratsLabels(expert, bundle.labels, name), labels.grid)
  const truths = row ? labelsOf(row.cells, name) : {}
  return {
    seconds,
    volumes: Object.fromEntries(result.measurements.map(({ region, value }) => [region, value])),
    scores: drawn ? scoreRegions(labels, drawn, bundle.regions) : [],
    calls: result.predictions.map((prediction) => {
      const truth = prediction.head === 'survival' ? undefined : truths[prediction.head]
      const call = prediction.status === 'evaluable' ? prediction.call : undefined
      return { head: prediction.head, status: prediction.status, ...(call && { call }), ...(truth && { truth }) }
    }),
    ...(segmentation && { segmentationSha256: sha256(segmentation) }),
  }
}

/** MR studies in this date range that the rules accept; our own results and other body parts are left out, as by the watch. */
async function studiesOfArchive({ from, to }: { from: string; to: string }, parts: Parts): Promise<Named[]> {
  const summaries = await parts.archive.searchStudies({ from, to, modality: 'MR' })
  const studies: Named[] = []
  for (const { studyInstanceUid } of summaries) {
    const study = await parts.archive.retrieveMetadata(studyInstanceUid)
    const { eligible } = routingVerdict(study, parts.settings.rules, parts.routing.facts)
    if (eligible) studies.push({ name: studyInstanceUid, study: studyInstanceUid })
  }
  return studies
}

/** Every folder is one study; files that are not DICOM objects, such as the reference, are left out. */
async function studiesOfFolder(folder: string, spool: string, { clock }: Parts) {
  const received = await openReceivedImages({ folder: spool, clock, expectRoom: (where) => expectRoom(where) })
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new AppError('NOT_FOUND', `the folder of studies cannot be read: ${folder}`, { cause })
  })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const studies: Named[] = []
  for (const name of names.sort()) studies.push(await studyOfFolder(name, join(folder, name), received))
  return { archive: withReceived(NO_ARCHIVE, received), studies }
}

async function studyOfFolder(name: string, folder: string, received: ReceivedImages): Promise<Named> {
  const uids = new Set<Uid>()
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((one) => one.isFile())) {
    const bytes = await readFile(join(entry.parentPath, entry.name))
    if (bytes.toString('latin1', 128, 132) !== 'DICM') continue
    const instance = describeObject(bytes)
    uids.add(instance.studyInstanceUid)
    await received.put(instance, bytes)
  }
  const [study, other] = [...uids]
  if (study === undefined) throw new AppError('NOT_FOUND', `the folder ${name} holds no DICOM files`)
  if (other !== undefined)
    throw new AppError('INSTANCE_INVALID', `the folder ${name} holds several studies; give one a folder`)
  return { name, study, folder }
}

const notThere = async (): Promise<never> => {
  throw new AppError('NOT_FOUND', 'the folder has no such images')
}
/** There is nothing beyond what is in the folder. */
const NO_ARCHIVE: ImageArchive = {
  searchStudies: async () => [],
  searchInstances: async () => [],
  retrieveMetadata: notThere,
  async *retrieveSeries() {
    yield await notThere()
  },
  store: notThere,
  retrieveInstance: notThere,
}
