// The task performer of UPS-RS (IHE AIW-I): receives events, searches for scheduled workitems at every connection and periodically, claims those for us,
// and has each one followed to its end. An event only brings the next round forward.
import { type AppError, asAppError, unforeseenFields } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import type { HearEvents, WorkitemStore, Worklist } from '../domain/ports/worklist.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import type { Uid } from '../domain/study.ts'
import type { ClaimedWorkitem, Workitem } from '../domain/workitem.ts'
import { waitAfter } from './qido-poll.ts'
import { createClaims } from './ups-claims.ts'
import { listenToEvents } from './ups-events.ts'

export interface PerformerOptions {
  worklist: Worklist
  hear: HearEvents
  workitems: WorkitemStore
  /** For us if assigned to this station ("scheme|code"), or if assigned to nobody and requesting one of these codes. */
  station: string
  codes: readonly string[]
  newTransactionUid(): Uid
  /** One step of a workitem that we hold; throws the obstacle. */
  follow(workitem: ClaimedWorkitem): Promise<void>
  clock: Clock
  intervalSeconds: number
  log: Log
}

/** After these errors the workitem is no longer ours, or never was. */
const LOST = new Set(['STATE_CONFLICT', 'NOT_FOUND'])

export interface Performer {
  readonly name: string
  /** Searches, claims and follows once. Throws if the worklist cannot be searched. */
  round(): Promise<void>
  /** Both loops, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

export function isForUs(workitem: Workitem, { station, codes }: Pick<PerformerOptions, 'station' | 'codes'>): boolean {
  if (workitem.stations.length > 0) return workitem.stations.includes(station)
  return workitem.codes.some((code) => codes.includes(code))
}

export function createPerformer(options: PerformerOptions): Performer {
  const { worklist, workitems, log } = options
  const claims = createClaims(options)
  const events = listenToEvents(options, () => rounds.hurry())
  const rounds = createRounds(round, options)
  /** The channel of which everything that may have been missed before it opened has been searched for. */
  let caughtUpWith = 0
  const isCaughtUp = () => events.channel() > 0 && events.channel() === caughtUpWith
  /** Why a workitem is stuck; each reason is reported once. */
  const said = new Map<Uid, string>()

  /** While no channel was open, a cancellation request reached nobody: the workitem itself may tell. */
  async function asWanted(workitem: ClaimedWorkitem): Promise<ClaimedWorkitem> {
    if (isCaughtUp() || workitem.cancelRequested) return workitem
    try {
      if (!(await worklist.get(workitem.workitemUid)).isToEnd) return workitem
    } catch (thrown) {
      if (LOST.has(asAppError(thrown).code)) throw thrown
      // Reports whatever can be reported without the answer.
      return workitem
    }
    const ending = { ...workitem, cancelRequested: true }
    await workitems.put(ending)
    return ending
  }

  async function step(workitem: ClaimedWorkitem): Promise<void> {
    const { workitemUid } = workitem
    try {
      const ours = workitem.state === 'claiming' ? await claims.finish(workitem) : await asWanted(workitem)
      // A cancellation request may have arrived since it was read.
      if (ours !== undefined) await options.follow((await workitems.get(workitemUid)) ?? ours)
      said.delete(workitemUid)
    } catch (thrown) {
      const error = asAppError(thrown)
      if (LOST.has(error.code)) await workitems.put({ ...workitem, state: 'closed', outcome: `lost: ${error.message}` })
      if (said.get(workitemUid) === error.code) return
      said.set(workitemUid, error.code)
      const fields = { workitemUid, code: error.code, error: error.message, ...unforeseenFields(thrown) }
      log.warn(fields, LOST.has(error.code) ? 'a workitem is not ours any more' : 'a workitem waits; it is tried again')
    }
  }

  async function round(): Promise<void> {
    let failure: AppError | undefined
    try {
      for (const workitem of await worklist.scheduled()) {
        if (!workitem.isReady || !isForUs(workitem, options)) continue
        if ((await workitems.get(workitem.workitemUid))?.state === undefined) await claims.claim(workitem)
      }
    } catch (thrown) {
      failure = asAppError(thrown)
    }
    // Even if the search fails: our own workitems continue.
    const before = events.channel()
    for (const workitem of await workitems.open()) await step(workitem)
    caughtUpWith = before
    if (failure !== undefined) throw failure
  }

  return {
    name: 'ups',
    round,
    async run(signal) {
      await Promise.all([rounds.run(signal), events.listen(signal)])
    },
  }
}

/** One round after the other, with a pause in between that `hurry` ends; a longer one while the worklist does not answer. */
function createRounds(
  round: () => Promise<void>,
  { clock, intervalSeconds, log }: Pick<PerformerOptions, 'clock' | 'intervalSeconds' | 'log'>,
) {
  let pause = new AbortController()
  return {
    hurry: () => pause.abort(),
    async run(signal: AbortSignal): Promise<void> {
      for (let failures = 0; !signal.aborted; ) {
        let waitSeconds = intervalSeconds
        try {
          await round()
          if (failures > 0) log.info({ failures }, 'the worklist answers again')
          failures = 0
        } catch (thrown) {
          const error = asAppError(thrown)
          failures += 1
          waitSeconds = waitAfter(failures, intervalSeconds, error.retryAfterSeconds)
          const fields = { code: error.code, error: error.message, ...unforeseenFields(thrown) }
          if (failures === 1) log.warn(fields, 'the worklist could not be searched; it is tried again')
        }
        await sleepUnlessAborted(clock, waitSeconds * 1000, AbortSignal.any([signal, pause.signal]))
        if (pause.signal.aborted) pause = new AbortController()
      }
    },
  }
}
