// The task performer's side of UPS-RS (PS3.18 Chapter 11; from memory): search, claim, update, final state, subscription.
import { AppError } from '../domain/errors.ts'
import type { Worklist } from '../domain/ports/worklist.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import type { WorkitemState } from '../domain/workitem.ts'
import { errorOfStatus } from './errors.ts'
import { readEvent } from './ups-read.ts'
import { type WorklistConnection, workitemRequests } from './ups-requests.ts'
import { type Code, cancellationUpdate, performedUpdate, progressUpdate } from './ups-write.ts'
import type { Ways } from './ways.ts'

export interface WorklistOptions {
  /** Our AE title, as subscriber and requester. */
  aeTitle: string
  station: Code
  /** The procedure performed, if the workitem does not state it itself. */
  work: Code
  /** Root of the archive that holds the results. */
  retrieveUrl: string
  /** global: for all workitems. filtered: for those with our station or code. none: the worklist is searched periodically. */
  subscribe: 'global' | 'filtered' | 'none'
  /** "scheme|code"; narrows a filtered subscription. */
  codes: readonly string[]
}

/** Global Subscription, with and without a filter (PS3.4 CC.2.3.1): well-known instances. */
const GLOBAL = '1.2.840.10008.5.1.4.34.5'
const FILTERED = '1.2.840.10008.5.1.4.34.5.1'

export function createWorklist(connection: WorklistConnection, ways: Ways, options: WorklistOptions): Worklist {
  const aeTitle = encodeURIComponent(options.aeTitle)
  const { get, scheduled, changeState, update } = workitemRequests(connection, ways, aeTitle)

  /** Sets a final state; if the answer is lost, reading the workitem tells the outcome. */
  async function finish(workitemUid: Uid, transactionUid: Uid, state: WorkitemState, json: DicomJson): Promise<void> {
    if ((await get(workitemUid)).state === state) return
    await update(workitemUid, transactionUid, json)
    await changeState(workitemUid, state, transactionUid)
  }

  return {
    scheduled,
    get,
    readEvent,

    async claim(workitemUid, transactionUid) {
      try {
        await changeState(workitemUid, 'IN PROGRESS', transactionUid)
        return true
      } catch (thrown) {
        if (!(thrown instanceof AppError) || !REFUSALS.has(thrown.code)) throw thrown
        if (thrown.code === 'NOT_FOUND') return false
      }
      // Someone else's, or ours by a claim whose answer was lost: only the holder of the Transaction UID may update it.
      if ((await get(workitemUid)).state !== 'IN PROGRESS') return false
      try {
        await update(workitemUid, transactionUid, progressUpdate({ percent: 0, text: 'claimed' }))
        return true
      } catch (thrown) {
        if (thrown instanceof AppError && REFUSALS.has(thrown.code)) return false
        throw thrown
      }
    },

    tell: (workitemUid, transactionUid, progress) => update(workitemUid, transactionUid, progressUpdate(progress)),

    complete: (workitemUid, transactionUid, performed) =>
      finish(workitemUid, transactionUid, 'COMPLETED', performedUpdate(performed, options)),

    cancel: (workitemUid, transactionUid, { reason, at: moment }) =>
      finish(workitemUid, transactionUid, 'CANCELED', cancellationUpdate(reason, moment)),

    async subscribe() {
      if (options.subscribe === 'none') return undefined
      const what = 'subscription to workitems'
      const target = options.subscribe === 'filtered' ? FILTERED : GLOBAL
      const filter = options.subscribe === 'filtered' ? `?${filterOf(options)}` : ''
      const path = `/workitems/${target}/subscribers/${aeTitle}${filter}`
      const { status, headers } = await connection.exchange('POST', path, what)
      if (status === 404 || status === 405 || status === 501) return undefined
      if (status >= 300) throw errorOfStatus(status, headers, connection.describe(path, what))
      return channelOf(headers, connection.describe(path, what).target)
    },
  }
}

const REFUSALS = new Set<string>(['ARCHIVE_REJECTED', 'NOT_FOUND', 'STATE_CONFLICT'])

/** Matching keys of the filter (PS3.18 Section 11.10.1.2). */
function filterOf({ codes, station }: WorklistOptions): string {
  const [first] = codes
  const [scheme, value] = first?.split('|') ?? []
  return value === undefined
    ? `00404025.00080100=${encodeURIComponent(station.value)}`
    : `00404018.00080100=${encodeURIComponent(value)}&00404018.00080102=${encodeURIComponent(scheme ?? '')}`
}

/** Content-Location, or Location (dcm4chee); without either, the address of the subscription itself. A missing port means the worklist's own. */
function channelOf(headers: Headers, subscribed: string): string {
  const given = headers.get('content-location') ?? headers.get('location') ?? subscribed
  const channel = new URL(given, subscribed)
  const secure = channel.protocol === 'https:' || channel.protocol === 'wss:'
  const own = new URL(subscribed)
  if (channel.hostname === own.hostname && channel.port === '') channel.port = own.port
  return `${secure ? 'wss:' : 'ws:'}//${channel.host}${channel.pathname}${channel.search}`
}
