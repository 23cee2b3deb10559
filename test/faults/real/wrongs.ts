// What is not as it must be among the real parts, read past the wires: each study of the head has one current result, of its last images, in PACS and EHR, and its
// workitem is completed; others have nothing.
import { instanceUid } from '../../../src/dicom/result-object.ts'
import type { AnalysisRecord } from '../../../src/domain/analysis.ts'
import { asAppError } from '../../../src/domain/errors.ts'
import type { ImageArchive } from '../../../src/domain/ports/image-archive.ts'
import type { Uid } from '../../../src/domain/study.ts'
import { imageSetDigest } from '../../../src/pipeline/intake.ts'
import { createAnalysisStore } from '../../../src/store/analyses.ts'
import type { Database } from '../../../src/store/database.ts'
import { createWatchStore } from '../../../src/store/watch.ts'
import { ANALYSIS_SYSTEM } from '../../support/fhir-report.ts'
import { list } from '../../support/fhir-server.ts'
import { realClock } from '../../support/real-clock.ts'
import type { UpsPeer } from '../../support/ups-peer.ts'
import { ROLES } from './results.ts'

export interface SentStudy {
  uid: Uid
  head: boolean
  workitem?: string
  /** As it must be when it was last looked at; nothing was sent of it since. */
  isRight: boolean
}

export interface Wrongs {
  /** What is missing, and may come yet. */
  missing: string[]
  /** What must not be there, ever. */
  doubled: string[]
}

/** Statuses of a report that no longer stands: ours are cancelled when a later analysis replaces them (fhir/writing/withdraw-report.ts). */
const WITHDRAWN = new Set(['cancelled', 'entered-in-error'])

type Stored = Awaited<ReturnType<ImageArchive['searchInstances']>>

export interface Places {
  db: Database
  archive: ImageArchive
  /** Base URL. */
  ehr: string
  worklist: UpsPeer
  studies: readonly SentStudy[]
}

/** Looks at what was not right the last time, or at `all`. */
export function createInspector({ db, archive, ehr, worklist, studies }: Places) {
  const analyses = createAnalysisStore(db, realClock)
  const watch = createWatchStore(db, realClock)

  async function standingReportsOf(analysisId: string): Promise<number> {
    const token = encodeURIComponent(`${ANALYSIS_SYSTEM}|${analysisId}`)
    const found = await list(ehr, `DiagnosticReport?identifier=${token}`)
    return found.filter((report) => !('status' in report && WITHDRAWN.has(String(report.status)))).length
  }

  async function inspectHead(study: SentStudy, records: AnalysisRecord[], stored: Stored): Promise<Wrongs> {
    const { uid, workitem } = study
    const wrongs: Wrongs = { missing: [], doubled: [] }
    const digest = await imageSetDigest(watch, await archive.retrieveMetadata(uid))
    const current = records.filter(({ state }) => state === 'delivered')
    const isCurrent = current.some(({ instanceSetDigest }) => instanceSetDigest === digest)
    if (!isCurrent) wrongs.missing.push(`${uid} is ${records.map(stateOf).join(', ') || 'not registered'}`)
    // For a moment an earlier one stands beside the one that replaces it.
    if (current.length > 1) wrongs.missing.push(`${uid} has ${current.length} results`)
    if (new Set(records.map(({ instanceSetDigest }) => instanceSetDigest)).size < records.length)
      wrongs.doubled.push(`${uid} has ${records.length} analyses`)
    const known = new Set(records.flatMap(({ analysisId }) => ROLES.map((role) => instanceUid(analysisId, role))))
    const foreign = stored.filter(({ sopInstanceUid }) => !known.has(sopInstanceUid))
    if (foreign.length > 0) wrongs.doubled.push(`${uid} has ${foreign.length} objects of no analysis`)
    for (const { analysisId, state } of records) {
      const reports = await standingReportsOf(analysisId)
      if (reports > 1) wrongs.doubled.push(`${uid} has ${reports} reports of one analysis`)
      if (state === 'superseded' && reports > 0) wrongs.missing.push(`${uid}: a superseded report is not withdrawn`)
      if (state !== 'delivered') continue
      if (reports === 0) wrongs.missing.push(`${uid} has no report`)
      const objects = ROLES.map((role) => instanceUid(analysisId, role))
      const there = stored.filter(({ sopInstanceUid }) => objects.includes(sopInstanceUid))
      if (there.length < objects.length) wrongs.missing.push(`${uid} has ${there.length} objects`)
    }
    const { state = '', history = [] } = worklist.workitems.get(workitem ?? '') ?? {}
    if (state !== 'COMPLETED') wrongs.missing.push(`the workitem of ${uid} is ${state}`)
    if (history.filter((step) => step === 'COMPLETED').length > 1)
      wrongs.doubled.push(`the workitem of ${uid} was completed twice`)
    return wrongs
  }

  async function inspectOne(study: SentStudy): Promise<Wrongs> {
    const records = await analyses.byStudy(study.uid)
    const stored = (await archive.searchInstances(study.uid)).filter(({ modality }) => modality !== 'MR')
    if (study.head) return inspectHead(study, records, stored)
    const decided = (await watch.get(study.uid))?.decision !== undefined
    return {
      missing: decided ? [] : [`${study.uid} was not decided on`],
      doubled: records.length + stored.length === 0 ? [] : [`${study.uid} must be left and is not`],
    }
  }

  return async (all = false): Promise<Wrongs> => {
    const wrongs: Wrongs = { missing: [], doubled: [] }
    for (const study of studies) {
      if (study.isRight && !all) continue
      try {
        const { missing, doubled } = await inspectOne(study)
        study.isRight = missing.length + doubled.length === 0
        wrongs.missing.push(...missing)
        wrongs.doubled.push(...doubled)
      } catch (thrown) {
        const { code } = asAppError(thrown)
        if (code === 'INTERNAL') throw thrown
        wrongs.missing.push(`${study.uid} cannot be looked at: ${code}`)
      }
    }
    return wrongs
  }
}

const stateOf = ({ state, hold }: AnalysisRecord) => (hold ? `${state} (${hold.code})` : state)
