// A worklist of our own (UPS-RS, PS3.18 Chapter 11, PS3.4 Annex CC; from memory) for tests. strict: to the letter of the standard. lenient: as
// dcm4chee writes and asks for things.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { dataset, items, text } from '../../src/dicom/dataset.ts'
import type { DicomJson } from '../../src/domain/study.ts'

const SOP_CLASS = '1.2.840.10008.5.1.4.34.6.1'
const GLOBAL = '1.2.840.10008.5.1.4.34.5'
/** What a performed procedure must say before COMPLETED (final state codes P and R of Table CC.2.5-3). */
const REQUIRED = [
  'PerformedStationNameCodeSequence',
  'PerformedProcedureStepStartDateTime',
  'PerformedProcedureStepEndDateTime',
  'PerformedWorkitemCodeSequence',
  'OutputInformationSequence',
]

export interface PeerWorkitem {
  state: string
  transactionUid?: string
  data: DicomJson
  /** What the performer did, in order. */
  history: string[]
}

export interface UpsPeer {
  url: string
  workitems: Map<string, PeerWorkitem>
  /** Subscriptions, by path and query. */
  subscriptions: string[]
  schedule(workitemUid: string, attributes?: Parameters<typeof dataset>[0]): void
  requestCancel(workitemUid: string): void
  /** As a worklist does that notes a request which nobody could be told of. */
  noteCancellation(workitemUid: string, reason: string): void
  /** The next request to such a path is done, and its answer lost. */
  loseAnswer(path: RegExp): void
  dropChannels(): void
  /** While true, scheduling tells nobody. */
  silent: boolean
  channels(): number
  close(): Promise<void>
}

const codeItem = (scheme: string, value: string) =>
  dataset({ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: value })

/** A workitem of this code, for this study, at this station. */
export function workitemOf(
  study: string,
  { code = 'H|GLIOMA', station = '', readiness = 'READY', priority = 'MEDIUM' } = {},
) {
  const [scheme = '', value = ''] = code.split('|')
  const [stationScheme = '', stationValue = ''] = station.split('|')
  return {
    InputReadinessState: readiness,
    ScheduledProcedureStepPriority: priority,
    ScheduledWorkitemCodeSequence: codeItem(scheme, value),
    ...(station !== '' && { ScheduledStationNameCodeSequence: codeItem(stationScheme, stationValue) }),
    InputInformationSequence: study === '' ? [] : dataset({ StudyInstanceUID: study }),
  }
}

export async function startUpsPeer(mode: 'strict' | 'lenient', { channel = true } = {}): Promise<UpsPeer> {
  const workitems = new Map<string, PeerWorkitem>()
  const subscriptions: string[] = []
  const losses: RegExp[] = []
  const isStrict = mode === 'strict'
  const sockets = new WebSocketServer({ noServer: true })
  let messageId = 0

  const written = (state: string) => (isStrict ? state : state.replace(' ', '_'))
  const described = (uid: string, { state, data }: PeerWorkitem): DicomJson => ({
    ...data,
    ...dataset({ SOPClassUID: SOP_CLASS, SOPInstanceUID: uid }),
    '00741000': { vr: 'CS', Value: [written(state)] },
  })
  function tell(uid: string, type: number, more: DicomJson = {}) {
    messageId += 1
    const report = {
      '00000002': { vr: 'UI', Value: [isStrict ? '1.2.840.10008.5.1.4.34.6.4' : SOP_CLASS] },
      '00000110': { vr: 'US', Value: [messageId] },
      '00001000': { vr: 'UI', Value: [uid] },
      [isStrict ? '00001002' : '00001001']: { vr: 'US', Value: [type] },
      ...more,
    }
    for (const socket of sockets.clients) socket.send(JSON.stringify(report))
  }
  const tellState = (uid: string) =>
    tell(uid, 1, { '00741000': { vr: 'CS', Value: [written(workitems.get(uid)!.state)] } })

  function answer(response: ServerResponse, status: number, body?: unknown, headers: Record<string, string> = {}) {
    response.writeHead(status, { 'content-type': 'application/dicom+json', ...headers })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }
  const refuse = (response: ServerResponse, status: number, warning: string) =>
    answer(response, status, undefined, { warning: `299 peer: ${warning}` })

  function changeState(response: ServerResponse, uid: string, item: PeerWorkitem, body: DicomJson) {
    const [state, transactionUid] = [text(body, 'ProcedureStepState'), text(body, 'TransactionUID')]
    if (transactionUid === '') return refuse(response, 400, 'The Transaction UID is missing.')
    if (state === 'IN PROGRESS') {
      if (item.state !== 'SCHEDULED')
        return refuse(
          response,
          409,
          'The submitted request is inconsistent with the current state of the UPS Instance.',
        )
      item.transactionUid = transactionUid
    } else {
      if (item.state !== 'IN PROGRESS')
        return refuse(
          response,
          409,
          'The submitted request is inconsistent with the current state of the UPS Instance.',
        )
      if (item.transactionUid !== transactionUid) return refuse(response, 400, 'The Transaction UID is incorrect.')
      const [performed] = items(item.data, 'UnifiedProcedureStepPerformedProcedureSequence')
      const missing = REQUIRED.filter((keyword) => performed?.[tag(keyword)] === undefined)
      if (state === 'COMPLETED' && missing.length > 0)
        return refuse(response, 409, `The submitted request is inconsistent: ${missing.join(', ')}`)
    }
    item.state = state
    item.history.push(state)
    answer(response, 200)
    tellState(uid)
  }

  function update(response: ServerResponse, item: PeerWorkitem, query: URLSearchParams, body: DicomJson) {
    const given = query.get(isStrict ? 'transaction-uid' : 'Transaction-uid')
    if (given === null) return refuse(response, 400, 'The Transaction UID is missing.')
    if (item.state !== 'IN PROGRESS') return refuse(response, 409, 'The UPS is not IN PROGRESS.')
    if (given !== item.transactionUid) return refuse(response, 400, 'The Transaction UID is incorrect.')
    Object.assign(item.data, body)
    const [progress] = items(body, 'ProcedureStepProgressInformationSequence')
    const percent = progress && text(progress, 'ProcedureStepProgress')
    item.history.push(percent ? `${percent} %` : 'update')
    answer(response, 200)
  }

  function handle(request: IncomingMessage, response: ServerResponse, sent: string) {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
    const [, , uid = '', part = '', subscriber = ''] = pathname.split('/')
    const { method } = request
    if (uid === '' && method === 'GET') {
      const wanted = searchParams.get('00741000')
      const offset = Number(searchParams.get('offset') ?? 0)
      const found = [...workitems].filter(([, { state }]) => state === wanted).slice(offset)
      return found.length === 0
        ? answer(response, 204)
        : answer(
            response,
            200,
            found.map(([id, one]) => described(id, one)),
          )
    }
    if (part === 'subscribers' && method === 'POST') {
      if (!channel) return answer(response, 404)
      subscriptions.push(request.url ?? '')
      const path = isStrict ? `/workitems/${GLOBAL}/subscribers/${subscriber}` : `/ws/subscribers/${subscriber}`
      const place = `ws://127.0.0.1:${port()}${path}`
      return answer(response, 201, undefined, { [isStrict ? 'content-location' : 'location']: place })
    }
    const item = workitems.get(uid)
    if (item === undefined) return answer(response, 404)
    if (part === '' && method === 'GET')
      return answer(response, 200, isStrict ? [described(uid, item)] : described(uid, item))
    const body = JSON.parse(sent === '' ? '{}' : sent) as DicomJson
    if (part === 'state' && method === 'PUT') {
      const hasRequester = subscriber !== '' || searchParams.has('requester')
      if (isStrict === hasRequester) return answer(response, isStrict ? 404 : 400)
      return changeState(response, uid, item, body)
    }
    if (part === '' && method === 'POST') return update(response, item, searchParams, body)
    answer(response, 405)
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const at = losses.findIndex((path) => path.test(`${request.method} ${request.url}`))
      if (at >= 0) {
        losses.splice(at, 1)
        response.end = () => {
          request.socket.destroy()
          return response
        }
      }
      handle(request, response, Buffer.concat(chunks).toString())
    })
  })
  const port = () => (server.address() as AddressInfo).port
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const peer: UpsPeer = {
    url: `http://127.0.0.1:${port()}`,
    workitems,
    subscriptions,
    silent: false,
    schedule(uid, attributes = {}) {
      workitems.set(uid, { state: 'SCHEDULED', data: dataset(attributes), history: [] })
      if (!peer.silent) tellState(uid)
    },
    requestCancel: (uid) => tell(uid, 2),
    noteCancellation(uid, reason) {
      const progress = dataset({ ReasonForCancellation: reason })
      Object.assign(workitems.get(uid)!.data, dataset({ ProcedureStepProgressInformationSequence: progress }))
    },
    loseAnswer: (path) => void losses.push(path),
    dropChannels() {
      for (const socket of sockets.clients) socket.terminate()
    },
    channels: () => sockets.clients.size,
    async close() {
      peer.dropChannels()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return peer
}

const tag = (keyword: string) => Object.keys(dataset({ [keyword]: [] }))[0]!
