// A workitem that we claimed and the analysis it asks for: what the worklist is told until the workitem is completed or canceled.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import type { WorkitemStore, Worklist } from '../domain/ports/worklist.ts'
import type { Priority } from '../domain/priority.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import type { Uid } from '../domain/study.ts'
import type { ClaimedWorkitem } from '../domain/workitem.ts'
import { deliveredObjects } from './delivered-objects.ts'
import { releaseHold } from './resolve.ts'

export interface FollowPorts {
  worklist: Pick<Worklist, 'tell' | 'complete' | 'cancel'>
  workitems: Pick<WorkitemStore, 'put'>
  analyses: AnalysisStore
  watch: Pick<WatchStore, 'get'>
  /** Registers the study as it is now in the archive. Throws NOT_FOUND if it is not there. */
  submit(studyInstanceUid: Uid, priority: Priority): Promise<string>
  clock: Clock
  log: Log
}

/** Progress in percent, with words for people; states that end the workitem have none. */
const PROGRESS = {
  queued: { percent: 0, text: 'waits for a worker' },
  running: { percent: 20, text: 'the images are analysed' },
  analysed: { percent: 80, text: 'the results are stored' },
} as const

/** Takes one step as far as possible now; repeating it does no harm. Throws the errors of the worklist and the archive. */
export async function followWorkitem(ports: FollowPorts, workitem: ClaimedWorkitem): Promise<void> {
  const { worklist, workitems, analyses, clock } = ports
  const { workitemUid, transactionUid, studyInstanceUid } = workitem
  const close = async (outcome: string) => {
    await workitems.put({ ...workitem, state: 'closed', outcome })
    ports.log.info({ workitemUid, outcome }, 'workitem closed')
  }
  const cancel = async (reason: string) => {
    await worklist.cancel(workitemUid, transactionUid, { reason, at: clock.now().toISOString() })
    await close(`canceled: ${reason}`)
  }
  if (studyInstanceUid === undefined) return cancel('its input information names no study, or several')
  if (workitem.cancelRequested) {
    await stopAnalysis(ports, studyInstanceUid, workitemUid)
    return cancel('its end was asked for')
  }
  const record = await analysisOf(ports, workitem, studyInstanceUid)
  if (record === undefined) return cancel('the archive has no such study')
  const outputs = deliveredObjects(record.legs, await analyses.artifacts(record.analysisId))
  // The PACS has the results: what the EHR does with its report is not part of the workitem.
  if (outputs.length > 0) {
    await worklist.complete(workitemUid, transactionUid, {
      studyInstanceUid,
      startedAt: workitem.claimedAt,
      endedAt: clock.now().toISOString(),
      outputs: outputs.map(({ object }) => object),
    })
    return close('completed')
  }
  if (record.state === 'held') return cancel(`held for a person: ${record.hold?.code}: ${record.hold?.message}`)
  if (record.state === 'superseded') return cancel('the images of the study changed, and none of it is analysed now')
  if (record.state === 'delivered') return cancel('nothing was to be stored in the archive')
  if (workitem.told === record.state) return
  await worklist.tell(workitemUid, transactionUid, PROGRESS[record.state])
  await workitems.put({ ...workitem, told: record.state })
}

/** The last analysis of the study, since late images may have started a new one. The study stays submitted until the worklist has been told. */
async function analysisOf(
  { analyses, submit }: FollowPorts,
  { told, priority }: ClaimedWorkitem,
  study: Uid,
): Promise<AnalysisRecord | undefined> {
  if (told === undefined) {
    try {
      const record = await analyses.get(await submit(study, priority))
      if (record?.hold?.code === 'WORKITEM_CANCELED') await releaseHold(analyses, record.analysisId)
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'NOT_FOUND') return undefined
      throw thrown
    }
  }
  return (await analyses.byStudy(study)).at(-1)
}

/** How long a delivery waits for the worklist. */
const ASK_SECONDS = 5

/**
 * Called before results are stored: whether a workitem of the study was canceled without our hearing of it. A worklist that
 * does not answer delays the delivery by a few seconds at most.
 */
export async function askForEnd(
  ports: Pick<FollowPorts, 'analyses' | 'watch' | 'clock' | 'log'> & {
    worklist: Pick<Worklist, 'get'>
    workitems: Pick<WorkitemStore, 'open' | 'put'>
  },
  study: Uid,
): Promise<void> {
  for (const workitem of await ports.workitems.open()) {
    if (workitem.state !== 'in progress' || workitem.studyInstanceUid !== study) continue
    const { workitemUid } = workitem
    try {
      if (!workitem.cancelRequested && !(await soon(ports.clock, ports.worklist.get(workitemUid)))?.isToEnd) continue
    } catch (thrown) {
      const { code, message: error } = asAppError(thrown)
      ports.log.info({ workitemUid, code, error }, 'a workitem was not asked for before delivery')
      continue
    }
    await ports.workitems.put({ ...workitem, cancelRequested: true })
    await stopAnalysis(ports, study, workitemUid)
  }
}

/** The answer, or undefined if it is not there in time; what becomes of it later is of no interest. */
async function soon<T>(clock: Clock, answer: Promise<T>): Promise<T | undefined> {
  const answered = new AbortController()
  try {
    return await Promise.race([
      answer,
      sleepUnlessAborted(clock, ASK_SECONDS * 1000, answered.signal).then(() => undefined),
    ])
  } finally {
    answered.abort()
  }
}

/** A study that the service takes on its own is analysed anyway; what has been delivered stays. */
async function stopAnalysis(
  { analyses, watch, log }: Pick<FollowPorts, 'analyses' | 'watch' | 'log'>,
  study: Uid,
  workitemUid: Uid,
): Promise<void> {
  const record = (await analyses.byStudy(study)).at(-1)
  if (record === undefined || !['queued', 'running', 'analysed'].includes(record.state)) return
  const watched = await watch.get(study)
  if (watched?.decision?.outcome === 'accepted' && watched.decidedDigest === record.instanceSetDigest) return
  const hold = {
    code: 'WORKITEM_CANCELED',
    message: `the worklist asked for the end of workitem ${workitemUid}`,
  } as const
  try {
    await analyses.move(record.analysisId, 'held', { hold })
  } catch (thrown) {
    // It moved on by itself at that very moment.
    log.info({ workitemUid, code: asAppError(thrown).code }, 'the analysis of a canceled workitem was not stopped')
  }
}
