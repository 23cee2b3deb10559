// The requests of a task performer about workitems (UPS-RS, PS3.18 Chapter 11): reading, searching, changing the state, updating. Which form a worklist
// takes is found out and remembered, as for the archive.
import { AppError } from '../domain/errors.ts'
import type { DicomJson, Uid } from '../domain/study.ts'
import type { Workitem, WorkitemState } from '../domain/workitem.ts'
import type { Connection } from './connection.ts'
import { parseDataSets } from './dicom-json.ts'
import { errorOfStatus } from './errors.ts'
import { uidSegment } from './query.ts'
import { readWorkitem } from './ups-read.ts'
import { stateChange } from './ups-write.ts'
import type { Way, Ways } from './ways.ts'

export type WorklistConnection = Pick<Connection, 'exchange' | 'describe'>

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

export interface WorkitemRequests {
  /** Throws ARCHIVE_NOT_DICOMWEB if the answer is no workitem. */
  get(workitemUid: Uid): Promise<Workitem>
  scheduled(): Promise<Workitem[]>
  changeState(workitemUid: Uid, state: WorkitemState, transactionUid: Uid): Promise<void>
  /** The data set has the Transaction UID as well, for worklists that look for it there. */
  update(workitemUid: Uid, transactionUid: Uid, json: DicomJson): Promise<void>
}

/** `aeTitle`: ours, as the requester; encoded for an address. */
export function workitemRequests(connection: WorklistConnection, ways: Ways, aeTitle: string): WorkitemRequests {
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

  async function update(workitemUid: Uid, transactionUid: Uid, json: DicomJson): Promise<void> {
    await ways.ask('update of workitems', UPDATE_WAYS, ({ method, parameter }) => {
      const query = parameter === '' ? transactionUid : `${parameter}=${transactionUid}`
      return send(method, `${at(workitemUid)}?${query}`, `update of workitem ${workitemUid}`, json)
    })
  }

  return { get, scheduled, changeState, update }
}

/** 409: the workitem is in another state, and no other form of request would change that. */
function refusal(status: number, headers: Headers, request: Parameters<typeof errorOfStatus>[2]): AppError {
  if (status === 409 || (status === 400 && /incorrect/i.test(headers.get('warning') ?? '')))
    return new AppError('STATE_CONFLICT', `the worklist refuses the ${request.what} (${status})`)
  return errorOfStatus(status, headers, request)
}
