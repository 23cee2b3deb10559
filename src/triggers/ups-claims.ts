// Claiming workitems (UPS-RS, PS3.18 Chapter 11): one claim has one Transaction UID, however often it has to be sent.

import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import type { WorkitemStore, Worklist } from '../domain/ports/worklist.ts'
import type { Uid } from '../domain/study.ts'
import type { ClaimedWorkitem, Workitem } from '../domain/workitem.ts'

export interface ClaimOptions {
  worklist: Pick<Worklist, 'claim'>
  workitems: WorkitemStore
  newTransactionUid(): Uid
  clock: Clock
  log: Log
}

export interface Claims {
  /** Claims a workitem that was not ours before. */
  claim(workitem: Workitem): Promise<void>
  /** Sends a claim that was recorded; the workitem if it is ours now. */
  finish(claimed: ClaimedWorkitem): Promise<ClaimedWorkitem | undefined>
}

export function createClaims({ worklist, workitems, newTransactionUid, clock, log }: ClaimOptions): Claims {
  async function claim(workitem: Workitem): Promise<void> {
    const { workitemUid, studies, priority } = workitem
    if ((await workitems.get(workitemUid))?.state === 'closed') return
    const [studyInstanceUid, other] = studies
    const claimed: ClaimedWorkitem = {
      workitemUid,
      transactionUid: newTransactionUid(),
      state: 'claiming',
      ...(studyInstanceUid !== undefined && other === undefined && { studyInstanceUid }),
      priority,
      claimedAt: clock.now().toISOString(),
      cancelRequested: false,
    }
    // Recorded before it is sent: a claim that nobody remembers is a workitem that nobody ends.
    await workitems.put(claimed)
    await finish(claimed)
  }

  async function finish(claimed: ClaimedWorkitem): Promise<ClaimedWorkitem | undefined> {
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

  return { claim, finish }
}
