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
  const { worklist, hear, workitems, clock, intervalSeconds, log } = options
  let pause = new AbortController()
  /** Number of the open channel; 0 while none is open, when nobody hears cancellation requests. */
  let channel = 0
  let channels = 0
  /** Whether everything that may have been missed before it opened has been searched for. */
  let isCaughtUp = false
  /** Why a workitem is stuck; each reason is reported once. */
  const said = new Map<Uid, string>()

  async function claim(workitem: Workitem): Promise<void> {
    const { workitemUid, studies, priority } = workitem
    if ((await workitems.get(workitemUid))?.state === 'closed') return
    const [studyInstanceUid, other] = studies
    const claimed: ClaimedWorkitem = {
      workitemUid,
      transactionUid: options.newTransactionUid(),
      state: 'claiming',
      ...(studyInstanceUid !== undefined && other === undefined && { studyInstanceUid }),
      priority,
      claimedAt: clock.now().toISOString(),
      cancelRequested: false,
    }
    // Recorded before it is sent: a claim that nobody remembers is a workitem that nobody ends.
    await workitems.put(claimed)
    await finishClaim(claimed)
  }

  async function finishClaim(claimed: ClaimedWorkitem): Promise<ClaimedWorkitem | undefined> {
    const { workitemUid, transactionUid } = claimed
    if (await worklist.claim(workitemUid, transactionUid)) {
      const ours: ClaimedWorkitem = { ...claimed, state: 'in progress' }
      await workitems.put(ours)
      log.info({ workitemUid }, 'workitem claimed')
      return ours
    }
    await workitems.put({ ...claimed, state: 'closed', outcome: 'claimed by another performer, or over' })
    return undefined
  }

  /** While no channel was open, a cancellation request reached nobody: the workitem itself may tell. */
  async function asWanted(workitem: ClaimedWorkitem): Promise<ClaimedWorkitem> {
    if (isCaughtUp || workitem.cancelRequested) return workitem
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
      const ours = workitem.state === 'claiming' ? await finishClaim(workitem) : await asWanted(workitem)
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
        if ((await workitems.get(workitem.workitemUid))?.state === undefined) await claim(workitem)
      }
    } catch (thrown) {
      failure = asAppError(thrown)
    }
    // Even if the search fails: our own workitems continue.
    const before = channel
    for (const workitem of await workitems.open()) await step(workitem)
    isCaughtUp = before > 0 && before === channel
    if (failure !== undefined) throw failure
  }

  async function onEvent(text: string): Promise<void> {
    const event = worklist.readEvent(text)
    if (event?.kind === 'cancel requested') {
      const claimed = await workitems.get(event.workitemUid)
      if (claimed !== undefined && claimed.state !== 'closed')
        await workitems.put({ ...claimed, cancelRequested: true })
    }
    pause.abort()
  }

  async function search(signal: AbortSignal): Promise<void> {
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
  }

  async function listen(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const address = await worklist.subscribe()
        if (address === undefined) return log.info({}, 'the worklist sends no events; it is searched at intervals')
        await hear(
          address,
          {
            onOpen: () => {
              channel = ++channels
              pause.abort()
            },
            onEvent: (text) => {
              onEvent(text).catch((thrown) => {
                log.warn({ code: asAppError(thrown).code }, 'an event of the worklist was not kept')
              })
            },
          },
          signal,
        )
        failures = 0
      } catch (thrown) {
        failures += 1
        const { code, message: error } = asAppError(thrown)
        if (failures === 1)
          log.warn({ code, error }, 'the worklist sends no events at the moment; it is searched instead')
      }
      channel = 0
      isCaughtUp = false
      await sleepUnlessAborted(clock, waitAfter(Math.max(failures, 1), 1) * 1000, signal)
    }
  }

  return {
    name: 'ups',
    round,
    async run(signal) {
      await Promise.all([search(signal), listen(signal)])
    },
  }
}
