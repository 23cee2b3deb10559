// Wires an acceptance: studies from a folder or the PACS, the service's own analysis, and a separate record.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openParts, type Parts } from './compose-parts.ts'
import { analysisOf } from './compose-workers.ts'
import type { AcceptancePlan, AcceptanceReport } from './domain/acceptance.ts'
import { sha256Of } from './domain/digest.ts'
import type { ImageArchive } from './domain/ports/image-archive.ts'
import type { Log } from './domain/ports/log.ts'
import type { Uid } from './domain/study.ts'
import { readLimits } from './evaluation/acceptance-limits.ts'
import { readCaseFiles } from './evaluation/case-files.ts'
import { type NamedStudy, runAcceptance } from './evaluation/run-acceptance.ts'
import { acceptStudy, eligibleStudies } from './pipeline/accept-studies.ts'
import { registerAnalysis } from './pipeline/intake.ts'
import { openReceivedImages } from './receiving/spool.ts'
import { archiveOf, readStudyFolders } from './receiving/study-folders.ts'
import type { Settings } from './settings/schema.ts'
import { expectRoom } from './store/disk.ts'
import { openStore, type Store } from './store/store.ts'
import { routingVerdict } from './triggers/rules.ts'

type Source = { folder: string } | { from: string; to: string }

export interface AcceptanceOptions {
  /** A folder with one subfolder of DICOM files per study, or study dates (DICOM DA) in the PACS. */
  source: Source
  /** Text of the file with the limits. */
  limits: string
  /** Tissue results by study: a table in the form of `evaluate --labels`. */
  labels?: { text: string; name: string }
  log: Log
  /** Called before the first study is analysed. */
  onPlan(plan: AcceptancePlan): Promise<void>
  onProgress(line: string): void
}

/** A study that cannot be analysed is listed as a failure, and the others go on. Throws SETTINGS_INVALID for limits that can never be met. */
export async function acceptBundle(settings: Settings, options: AcceptanceOptions): Promise<AcceptanceReport> {
  const { source, log, labels, onPlan, onProgress } = options
  const scratch = await mkdtemp(join(tmpdir(), 'gliabridge-accept-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })]
  const onClose = (step: () => Promise<unknown>) => void undo.push(step)
  try {
    // A folder needs nothing from the site's record; reads from the PACS go into the site's audit trail.
    const own = 'folder' in source ? { ...settings, store: { dataDir: join(scratch, 'site') } } : settings
    // What is accepted is the bundle of the settings, active or not.
    const parts = await openParts(own, { log, bundleOfSettings: true }, onClose)
    const { bundle } = parts.models.current
    const plan = planOf(parts, options)
    const { archive, studies } = await studiesOf(source, parts, join(scratch, 'received'))
    const store = await openStore({ dataDir: join(scratch, 'record'), clock: parts.clock, log })
    onClose(() => store.close())
    return await runAcceptance(
      {
        clock: parts.clock,
        accept: acceptorOf(parts, archive, store.analyses),
        expertLabels: async (folder) => (await readCaseFiles(folder)).labels,
        onPlan: async (stated) => {
          await recordBeginning(parts, stated)
          await onPlan(stated)
        },
        onProgress,
      },
      { plan, studies, bundle, ...(labels && { labels }) },
    )
  } finally {
    for (const step of undo.splice(0).reverse()) await step()
  }
}

function planOf({ models, software, settings }: Parts, { source, limits }: AcceptanceOptions) {
  const { bundle, runner } = models.current
  const { provider, runtime } = runner.execution
  return {
    institution: settings.institution.name,
    software: { name: software.name, version: software.version },
    bundle: bundle.identity,
    runtime: { node: process.version, provider, runtime },
    limits: readLimits(limits, bundle),
    limitsSha256: sha256Of(limits),
    source: 'folder' in source ? `folder ${source.folder}` : `PACS, study dates ${source.from} to ${source.to}`,
  }
}

function recordBeginning({ store }: Parts, { bundle, studies, limitsSha256 }: AcceptancePlan): Promise<void> {
  const what = `acceptance of ${bundle.id} ${bundle.version} begun on ${studies.length} studies, limits sha256 ${limitsSha256}`
  return store.audit.record({ action: 'read', target: 'store', studyInstanceUid: '', what, outcome: 'success' })
}

async function studiesOf(
  source: Source,
  parts: Parts,
  spool: string,
): Promise<{ archive: ImageArchive; studies: NamedStudy[] }> {
  const { archive, clock, settings, routing } = parts
  if ('folder' in source) {
    const received = await openReceivedImages({ folder: spool, clock, expectRoom: (where) => expectRoom(where) })
    return { archive: archiveOf(received), studies: await readStudyFolders(source.folder, received) }
  }
  const uids = await eligibleStudies(
    archive,
    source,
    (study) => routingVerdict(study, settings.rules, routing.facts).eligible,
  )
  return { archive, studies: uids.map((study) => ({ name: study, study })) }
}

function acceptorOf(parts: Parts, archive: ImageArchive, analyses: Store['analyses']) {
  const { current } = parts.models
  const { ports, options } = analysisOf(parts, current)
  // The bundle is tested as it is, even if a stop rule has turned a head off.
  const { spool: _kept, ehr: _record, switches: _stops, ...rest } = ports
  const intake = { analyses, log: parts.log, wake: async () => undefined }
  const register = (study: Uid, digest: string) => registerAnalysis(intake, current.bundle.identity, study, digest)
  return (study: Uid) => acceptStudy({ ...rest, analyses, archive, register }, options, study)
}
