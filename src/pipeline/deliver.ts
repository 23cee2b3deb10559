// Delivery: one leg to the PACS, one to the EHR, side by side and each resumable by itself; a completed leg is never run again. Neither needs an answer of the
// other: the EHR names DICOM objects by UIDs that derive from the analysis (ADR 0003), whether or not the PACS has them by then.

import type { AnalysisRecord } from '../domain/analysis.ts'
import { type Breakers, noting } from '../domain/breakers.ts'
import type { Leg, LegRecord } from '../domain/delivery.ts'
import { AppError, asAppError, unforeseenFields } from '../domain/errors.ts'
import type { ReportableResult } from '../domain/finding.ts'
import type { AnalysisStore, Artifact } from '../domain/ports/analysis-store.ts'
import type { ClinicalRecords, EhrLinks, EhrReport } from '../domain/ports/clinical-record.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import { NO_TRACING, type Tracing } from '../domain/ports/tracing.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import { nextStepAfter } from '../domain/retry.ts'
import { unpackFigures } from '../reports/kept-figures.ts'
import { drawKeyImages } from '../reports/key-images.ts'
import { confirmedOf } from './confirm-patient.ts'
import { type DeliveryOutcome, runLegs } from './legs.ts'
import { findPredecessor, mayBeRejected, replacedBy } from './predecessor.ts'
import { resultOf } from './reviewed-pdf.ts'

export interface DeliverPorts {
  archive: ImageArchive
  ehr: ClinicalRecords
  analyses: AnalysisStore
  watch: WatchStore
  clock: Clock
  log: Log
  /** Leaves the PACS or EHR alone for a while after several failed deliveries in a row; by default it never does. */
  breakers?: Breakers
  tracing?: Tracing
  /** Called before each leg: throws LEASE_LOST if another worker has taken over. */
  confirm?(): Promise<void>
  /** Does the work when there is room at its destination; undefined if there was none in time. By default there always is. */
  turn?<T>(leg: Leg, work: () => Promise<T>): Promise<T | undefined>
}

export interface DeliverOptions {
  /** What the EHR gets besides the report: pictures with outlines, and links to the images. Nothing by default. */
  toImages?: {
    keyImages: boolean
    links(record: Pick<AnalysisRecord, 'analysisId' | 'studyInstanceUid'>): EhrLinks
  }
  /** Artefacts that this site does not want in its PACS. */
  excludedRoles: ReadonlySet<Artifact['role']>
  /** How many attempts are made before a person is asked. */
  maxAttempts: Record<Leg, number>
}

/** The pause of a leg whose destination is busy with other deliveries. */
const BUSY_SECONDS = 10

/** Runs every leg that is not done; neither waits for the other. */
export async function deliver(
  ports: DeliverPorts,
  record: AnalysisRecord,
  options: DeliverOptions,
): Promise<DeliveryOutcome> {
  const { analysisId } = record
  const artifacts = await ports.analyses.artifacts(analysisId)
  const turn = ports.turn ?? ((_leg, work) => work())
  const attempt = (name: Leg) =>
    turn(name, async (): Promise<DeliveryOutcome> => {
      // A newer image set or a request to cancel may have arrived since: then nothing more of this analysis is written.
      const { state, legs = record.legs } = (await ports.analyses.get(analysisId)) ?? {}
      const leg = legs.find((one) => one.leg === name)
      if (state === 'superseded' || state === 'held' || leg === undefined) return { do: 'done' }
      await ports.confirm?.()
      return runLeg(ports, record, leg, artifacts, options)
    }).then((outcome) => outcome ?? { do: 'retry' as const, afterSeconds: BUSY_SECONDS })
  const waiting = record.legs.filter(({ state }) => state !== 'done').map(({ leg }) => leg)
  const outcomes = await runLegs(waiting, attempt, ports.clock)
  const held = outcomes.find((outcome) => outcome.do === 'hold')
  if (held) return held
  const delays = outcomes.flatMap((outcome) => (outcome.do === 'retry' ? [outcome.afterSeconds] : []))
  return delays.length > 0 ? { do: 'retry', afterSeconds: Math.min(...delays) } : { do: 'done' }
}

async function runLeg(
  ports: DeliverPorts,
  record: AnalysisRecord,
  leg: LegRecord,
  artifacts: Artifact[],
  options: DeliverOptions,
): Promise<DeliveryOutcome> {
  const pause = ports.breakers?.waitSeconds(leg.leg, ports.clock.now()) ?? 0
  // A peer that is down costs no attempt.
  if (pause > 0) return { do: 'retry', afterSeconds: pause }
  const attempts = leg.attempts + 1
  const at = () => ports.clock.now().toISOString()
  try {
    const { tracing = NO_TRACING, breakers, clock } = ports
    const fields = { leg: leg.leg, attempts }
    const receipt = await noting(breakers, leg.leg, clock, () =>
      tracing.span('leg', fields, () => write[leg.leg](ports, record, artifacts, options)),
    )
    await ports.analyses.updateLeg(record.analysisId, leg.leg, { state: 'done', attempts, doneAt: at(), receipt })
    return { do: 'done' }
  } catch (thrown) {
    const error = asAppError(thrown)
    const next = nextStepAfter(error, attempts, options.maxAttempts[leg.leg])
    ports.log.warn(
      {
        analysisId: record.analysisId,
        leg: leg.leg,
        code: error.code,
        error: error.message,
        attempts,
        ...(next.do === 'retry' && { afterSeconds: next.afterSeconds }),
        ...unforeseenFields(thrown),
      },
      next.do === 'hold' ? 'a delivery failed for good' : 'a delivery failed; it is tried again later',
    )
    await ports.analyses.updateLeg(record.analysisId, leg.leg, {
      state: next.do === 'hold' ? 'failed' : 'waiting',
      attempts,
      lastError: { code: error.code, message: error.message, at: at() },
    })
    return next.do === 'hold' ? { do: 'hold', error } : next
  }
}

const write: Record<
  Leg,
  (
    ports: DeliverPorts,
    record: AnalysisRecord,
    artifacts: Artifact[],
    options: DeliverOptions,
  ) => Promise<Record<string, string>>
> = {
  pacs: storeResults,
  ehr: postReport,
}

/** A person may have decided on the earlier analysis since its rejection note was made: then the note is not sent. */
async function storeResults(
  ports: DeliverPorts,
  record: AnalysisRecord,
  artifacts: Artifact[],
  { excludedRoles }: DeliverOptions,
) {
  const objects = dicomObjects(artifacts).filter(({ role }) => !excludedRoles.has(role))
  const predecessor = objects.some(({ role }) => role === 'rejection-note')
    ? await findPredecessor(ports.analyses, record)
    : undefined
  const isDecided = predecessor !== undefined && !mayBeRejected(predecessor)
  return storeObjects(
    ports,
    record,
    objects.filter(({ role }) => role !== 'rejection-note' || !isDecided),
  )
}

/** Our own UIDs are remembered before they are stored, so that they can never look like a new study. */
export async function storeObjects(
  { archive, watch }: Pick<DeliverPorts, 'archive' | 'watch'>,
  record: Pick<AnalysisRecord, 'studyInstanceUid'>,
  objects: { role: Artifact['role']; sopInstanceUid: string; bytes: Uint8Array }[],
): Promise<Record<string, string>> {
  await watch.addOwn(objects.map((object) => object.sopInstanceUid))
  const outcomes = objects.length === 0 ? [] : await archive.store(record.studyInstanceUid, objects)
  const refused = objects.filter(
    (object) => !outcomes.some((o) => o.sopInstanceUid === object.sopInstanceUid && o.stored),
  )
  if (refused.length > 0) {
    const isConflict = refused.some(({ sopInstanceUid }) =>
      outcomes.some((o) => o.sopInstanceUid === sopInstanceUid && o.conflict),
    )
    const named = refused.map(({ role, sopInstanceUid }) => {
      const reason = outcomes.find((outcome) => outcome.sopInstanceUid === sopInstanceUid)?.reason
      return `${role} ${sopInstanceUid}${reason ? ` (failure reason ${reason})` : ''}`
    })
    throw new AppError(isConflict ? 'STORE_CONFLICT' : 'STORE_FAILED', `the archive did not store ${named.join(', ')}`)
  }
  return Object.fromEntries(objects.map((object) => [object.role, object.sopInstanceUid]))
}

/** What is written to the EHR, and under which name. */
const EHR_ROLES: Partial<Record<Artifact['role'], EhrReport['dicomResults'][number]['role']>> = {
  segmentation: 'segmentation',
  'encapsulated-pdf': 'pdf',
  report: 'report',
}

async function postReport(
  { ehr, analyses }: DeliverPorts,
  record: AnalysisRecord,
  artifacts: Artifact[],
  options: DeliverOptions,
) {
  const { studyInstanceUid } = record
  const report = ehrReport(record, await resultOf(analyses, record.analysisId), artifacts, options)
  const clinical = ehr.forStudy({ studyInstanceUid })
  const receipt = await clinical.postReport(report)
  // Only now: a reader must find one of the two at any moment.
  for (const { analysisId, legs } of await replacedBy(analyses, record)) {
    const leg = legs.find((one) => one.leg === 'ehr')
    if (leg === undefined || (leg.state !== 'done' && leg.attempts === 0)) continue
    const { patient = '' } = receipt
    const links = options.toImages?.links({ analysisId, studyInstanceUid })
    const earlier = { result: await resultOf(analyses, analysisId), ...(links && { links }) }
    await clinical.withdrawReport?.(earlier, { patient, ...leg.receipt })
  }
  return receipt
}

/** What the EHR receives of an analysis, from its artefacts. */
export function ehrReport(
  record: AnalysisRecord,
  result: ReportableResult,
  artifacts: Artifact[],
  { excludedRoles, toImages }: Pick<DeliverOptions, 'excludedRoles' | 'toImages'>,
): EhrReport {
  const bytesOf = (role: Artifact['role']) => {
    const ofRole = artifacts.find((artifact) => artifact.role === role)
    if (!ofRole) throw new AppError('INTERNAL', `artefact ${role} is missing from the store`)
    return ofRole.bytes
  }
  const dicomResults = dicomObjects(artifacts).flatMap(({ role, sopClassUid, sopInstanceUid, seriesInstanceUid }) => {
    const named = excludedRoles.has(role) ? undefined : EHR_ROLES[role]
    return named === undefined ? [] : [{ role: named, sopClassUid, sopInstanceUid, seriesInstanceUid }]
  })
  const confirmed = confirmedOf(record, result.patient)
  const figures = result.noFinding ? undefined : artifacts.find(({ role }) => role === 'figures')
  return {
    result,
    pdf: bytesOf('pdf'),
    dicomResults,
    ...(toImages && { links: toImages.links(record) }),
    // Analyses by earlier versions kept no pictures.
    ...(toImages?.keyImages && figures && { keyImages: drawKeyImages(unpackFigures(figures.bytes)) }),
    ...(confirmed && { confirmedPatient: confirmed.reference }),
  }
}

export function dicomObjects(artifacts: Artifact[]) {
  return artifacts.flatMap((artifact) => {
    const { sopInstanceUid, seriesInstanceUid, sopClassUid } = artifact
    return sopInstanceUid && seriesInstanceUid && sopClassUid
      ? [{ ...artifact, sopInstanceUid, seriesInstanceUid, sopClassUid }]
      : []
  })
}
