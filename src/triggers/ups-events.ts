// The events of a worklist (UPS-RS, PS3.18 Chapter 11): a channel that is opened again whenever it closes. An event only brings the next round forward.
import { asAppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import type { HearEvents, WorkitemStore, Worklist } from '../domain/ports/worklist.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'
import { waitAfter } from './qido-poll.ts'

export interface EventOptions {
  worklist: Pick<Worklist, 'subscribe' | 'readEvent'>
  hear: HearEvents
  workitems: WorkitemStore
  clock: Clock
  log: Log
}

export interface WorklistEvents {
  /** Number of the open channel; 0 while none is open, when nobody hears cancellation requests. */
  channel(): number
  /** Until the signal aborts, or for good if the worklist sends none. */
  listen(signal: AbortSignal): Promise<void>
}

/** `onNews`: a channel was opened, or an event has come. */
export function listenToEvents(options: EventOptions, onNews: () => void): WorklistEvents {
  const { worklist, hear, workitems, clock, log } = options
  let channel = 0
  let channels = 0

  async function onEvent(text: string): Promise<void> {
    const event = worklist.readEvent(text)
    if (event?.kind === 'cancel requested') {
      const claimed = await workitems.get(event.workitemUid)
      if (claimed !== undefined && claimed.state !== 'closed')
        await workitems.put({ ...claimed, cancelRequested: true })
    }
    onNews()
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
              onNews()
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
      await sleepUnlessAborted(clock, waitAfter(Math.max(failures, 1), 1) * 1000, signal)
    }
  }

  return { channel: () => channel, listen }
}
