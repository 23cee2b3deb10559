// The task performer's side of UPS-RS (PS3.18 Chapter 11; from memory): search, claim, update, final state, subscription. Which form of request a
// worklist takes is found out and remembered, as for the archive.
import { AppError } from '../domain/errors.ts'
import type { Worklist } from '../domain/ports/worklist.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import type { Workitem, WorkitemState } from '../domain/workitem.ts'
import type { Connection } from './connection.ts'
import { parseDataSets } from './dicom-json.ts'
import { errorOfStatus } from './errors.ts'
import { uidSegment } from './query.ts'
import { readEvent, readWorkitem } from './ups-read.ts'
import { type Code, cancellationUpdate, performedUpdate, progressUpdate, stateChange } from './ups-write.ts'
import type { Way, Ways } from './ways.ts'

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
const PAGE = 100
const MAX_PAGES = 50

/** Where the requester is named: not at all (the standard), in the path or in the query (dcm4chee). */
interface StateWay extends Way {
  pathOf(workitem: string, aeTitle: string): string
}
const STATE_WAYS: readonly StateWay[] = [
  { name: 'as the standard has it', pathOf: (workitem) => `${workitem}/state` },
  { name: 'requester in the path', pathOf: (workitem, aet) => `${workitem}/state/${aet}` },
  { name: 'requester in the query', pathOf: (workitem, aet) => `${workitem}/state?requester=${aet}` },
]

/** Where the Transaction UID of an update is written; not in the address if only the data set has it. */
interface UpdateWay extends Way {
  parameter: string
  method: 'POST' | 'PUT'
}
const UPDATE_WAYS: readonly UpdateWay[] = [
  { name: 'as the standard has it', parameter: 'transaction-uid', method: 'POST' },
  ...['Transaction-uid', 'transactionUID', 'TransactionUID', 'transactionuid'].map((parameter) => ({
    name: `"${parameter}"`,
    parameter,
    method: 'POST' as const,
  })),
  { name: 'bare, without a name', parameter: '', method: 'POST' },
  { name: 'PUT', parameter: 'transaction-uid', method: 'PUT' },
]

export function createWorklist(
  connection: Pick<Connection, 'exchange' | 'describe'>,
  ways: Ways,
  options: WorklistOptions,
): Worklist {
  const aeTitle = encodeURIComponent(options.aeTitle)
  const at = (workitemUid: Uid) => `/workitems/${uidSegment(workitemUid)}`

  async function get(workitemUid: Uid): Promise<Workitem> {
    const [dataset] = await list(at(workitemUid), `workitem ${workitemUid}`)
    const workitem = dataset && readWorkitem(dataset, workitemUid)
    if (workitem !== undefined) return workitem
    throw new AppError('ARCHIVE_NOT_DICOMWEB', `the answer to workitem ${workitemUid} is no workitem`)
  }

  async function list(path: string, what: string): Promise<DicomJson[]> {
    const { status, headers, text } = await connection.exchange('GET', path, what)
    if (status >= 300) throw errorOfStatus(status, headers, connection.describe(path, what))
    const parsed = parseDataSets(text)
    if (parsed.kind === 'list') return parsed.rows.filter((row) => row !== undefined)
    throw new AppError('ARCHIVE_NOT_DICOMWEB', `the answer to ${what} is no DICOM JSON list`)
  }

  async function scheduled(): Promise<Workitem[]> {
    const workitems = new Map<Uid, Workitem>()
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const query = `00741000=SCHEDULED&limit=${PAGE}&offset=${page * PAGE}`
      // Some worklists answer 404 for no match, and for a page beyond the last.
      const rows = await list(`/workitems?${query}`, 'search of workitems').catch((thrown) => {
        if (thrown instanceof AppError && thrown.code === 'NOT_FOUND') return []
        throw thrown
      })
      const before = workitems.size
      for (const row of rows) {
        const workitem = readWorkitem(row)
        if (workitem !== undefined && workitem.state !== 'IN PROGRESS') workitems.set(workitem.workitemUid, workitem)
      }
      if (workitems.size === before || rows.length < PAGE) break
    }
    return [...workitems.values()].filter(({ state }) => state === undefined || state === 'SCHEDULED')
  }

  async function send(method: 'POST' | 'PUT', path: string, what: string, json: unknown) {
    const { status, headers } = await connection.exchange(method, path, what, json)
    if (status >= 200 && status < 300) return headers
    throw refusal(status, headers, connection.describe(path, what))
  }

  async function changeState(workitemUid: Uid, state: WorkitemState, transactionUid: Uid): Promise<void> {
    const what = `change of workitem ${workitemUid} to ${state}`
    await ways.ask('state of workitems', STATE_WAYS, (way) =>
      send('PUT', way.pathOf(at(workitemUid), aeTitle), what, stateChange(state, transactionUid)),
    )
  }

  /** The data set has the Transaction UID as well, for worklists that look for it there. */
  async function update(workitemUid: Uid, transactionUid: Uid, json: DicomJson): Promise<void> {
    await ways.ask('update of workitems', UPDATE_WAYS, ({ method, parameter }) => {
      const query = parameter === '' ? transactionUid : `${parameter}=${transactionUid}`
      return send(method, `${at(workitemUid)}?${query}`, `update of workitem ${workitemUid}`, json)
    })
  }

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

/** 409: the workitem is in another state, and no other form of request would change that. */
function refusal(status: number, headers: Headers, request: Parameters<typeof errorOfStatus>[2]): AppError {
  if (status === 409 || (status === 400 && /incorrect/i.test(headers.get('warning') ?? '')))
    return new AppError('STATE_CONFLICT', `the worklist refuses the ${request.what} (${status})`)
  return errorOfStatus(status, headers, request)
}

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
