// The performer against a worklist written from the standard, to the letter and as dcm4chee has it: claims, progress, ends, lost answers, events.
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openWorklist } from '../../src/compose-ups.ts'
import { items, text } from '../../src/dicom/dataset.ts'
import { createEventHearing } from '../../src/dicomweb/client-socket.ts'
import { readEvent, readState } from '../../src/dicomweb/ups-read.ts'
import type { WorkitemStore, Worklist } from '../../src/domain/ports/worklist.ts'
import type { ClaimedWorkitem } from '../../src/domain/workitem.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { createPerformer } from '../../src/triggers/ups-performer.ts'
import { failureOf } from '../support/failure-of.ts'
import { createKeptLog, type KeptLog } from '../support/quiet-log.ts'
import { startUpsPeer, type UpsPeer, workitemOf } from '../support/ups-peer.ts'

const STUDY = '1.2.840.99.7'
const AT = '2026-03-01T03:00:00.000Z'
const PERFORMED = {
  studyInstanceUid: STUDY,
  startedAt: AT,
  endedAt: '2026-03-01T03:04:05.000Z',
  outputs: [{ seriesInstanceUid: '2.25.1', sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4', sopInstanceUid: '2.25.2' }],
}

function memoryWorkitems(): WorkitemStore & { all: Map<string, ClaimedWorkitem> } {
  const all = new Map<string, ClaimedWorkitem>()
  return {
    all,
    get: async (uid) => all.get(uid),
    open: async () => [...all.values()].filter(({ state }) => state !== 'closed'),
    put: async (item) => void all.set(item.workitemUid, item),
  }
}

function openedOn(peer: UpsPeer, ups: object, log: KeptLog): Worklist {
  const { pacs } = parseSettings(
    {
      pacs: { url: peer.url, timeoutMs: 5000, ups: { codes: ['H|GLIOMA'], ...ups } },
      ehr: { url: 'https://e.example', identifierSystem: 'urn:oid:1.2', analysisSystem: 'https://h.example/a' },
    },
    {},
  )
  return openWorklist(pacs, pacs.ups!, log)
}

describe.each(['strict', 'lenient'] as const)('a %s worklist', (mode) => {
  let peer: UpsPeer
  let log: KeptLog
  let worklist: Worklist
  let workitems: ReturnType<typeof memoryWorkitems>
  let followed: string[]
  let follow: (item: ClaimedWorkitem) => Promise<void>
  let serial: number
  beforeEach(async () => {
    peer = await startUpsPeer(mode)
    log = createKeptLog()
    worklist = openedOn(peer, {}, log)
    workitems = memoryWorkitems()
    followed = []
    follow = async ({ workitemUid, cancelRequested }) => {
      followed.push(`${workitemUid}${cancelRequested ? ' to be canceled' : ''}`)
    }
    serial = 0
  })
  afterEach(() => peer.close())

  const performer = (of: Worklist = worklist, codes = ['H|GLIOMA']) =>
    createPerformer({
      worklist: of,
      hear: createEventHearing({ type: 'none' }),
      workitems,
      station: '99GLIABRIDGE|GLIABRIDGE',
      codes,
      newTransactionUid: () => `2.25.900${++serial}`,
      follow: (item) => follow(item),
      clock: { now: () => new Date(AT), sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {}) },
      intervalSeconds: 60,
      log,
    })

  it('is searched, claimed, told and completed, with what a final state asks for', async () => {
    peer.schedule('1.9.1', workitemOf(STUDY, { priority: 'HIGH' }))
    expect(await worklist.scheduled()).toEqual([
      {
        workitemUid: '1.9.1',
        state: 'SCHEDULED',
        isReady: true,
        codes: ['H|GLIOMA'],
        stations: [],
        studies: [STUDY],
        priority: 'first',
        isToEnd: false,
      },
    ])
    expect(await worklist.claim('1.9.1', '2.25.77')).toBe(true)
    await worklist.tell('1.9.1', '2.25.77', { percent: 20, text: 'the images are analysed' })
    await worklist.complete('1.9.1', '2.25.77', PERFORMED)
    const { state, history, data } = peer.workitems.get('1.9.1')!
    expect([state, history]).toEqual(['COMPLETED', ['IN PROGRESS', '20 %', '100 %', 'COMPLETED']])
    const [performed] = items(data, 'UnifiedProcedureStepPerformedProcedureSequence')
    expect(text(performed!, 'PerformedProcedureStepEndDateTime')).toBe('20260301030405+0000')
    const [output] = items(performed!, 'OutputInformationSequence')
    expect([text(output!, 'TypeOfInstances'), text(output!, 'StudyInstanceUID')]).toEqual(['DICOM', STUDY])
    expect(text(items(output!, 'WADORSRetrievalSequence')[0]!, 'RetrieveURL')).toBe(
      `${peer.url}/studies/${STUDY}/series/2.25.1`,
    )
    // Once more, as after an answer that was lost.
    await worklist.complete('1.9.1', '2.25.77', PERFORMED)
    expect(await worklist.scheduled()).toEqual([])
  })

  it('is told why a workitem is canceled', async () => {
    peer.schedule('1.9.1', workitemOf(STUDY))
    await worklist.claim('1.9.1', '2.25.77')
    await worklist.cancel('1.9.1', '2.25.77', { reason: 'SERIES_MISSING: no FLAIR', at: AT })
    const { state, data } = peer.workitems.get('1.9.1')!
    const [progress] = items(data, 'ProcedureStepProgressInformationSequence')
    expect([state, text(progress!, 'ReasonForCancellation')]).toEqual(['CANCELED', 'SERIES_MISSING: no FLAIR'])
  })

  it('gives a workitem to one performer, and tells the other; never by another Transaction UID', async () => {
    peer.schedule('1.9.1', workitemOf(STUDY))
    expect(await worklist.claim('1.9.1', '2.25.77')).toBe(true)
    expect(await worklist.claim('1.9.1', '2.25.78')).toBe(false)
    expect(await worklist.claim('1.9.1', '2.25.77')).toBe(true)
    expect(await worklist.claim('1.9.404', '2.25.77')).toBe(false)
    expect((await failureOf(worklist.complete('1.9.1', '2.25.78', PERFORMED))).code).toBe('STATE_CONFLICT')
    expect(peer.workitems.get('1.9.1')!.state).toBe('IN PROGRESS')
  })

  it('has what is for us taken: assigned to us, or of our code and assigned to nobody; ready, each once', async () => {
    peer.schedule('1.9.1', workitemOf(STUDY))
    peer.schedule('1.9.2', workitemOf(STUDY, { code: 'H|LUNG' }))
    peer.schedule('1.9.3', workitemOf(STUDY, { code: 'H|LUNG', station: '99GLIABRIDGE|GLIABRIDGE' }))
    peer.schedule('1.9.4', workitemOf(STUDY, { station: 'H|OTHER' }))
    peer.schedule('1.9.5', workitemOf(STUDY, { readiness: 'INCOMPLETE' }))
    peer.schedule('1.9.6', workitemOf(''))
    const one = performer()
    await one.round()
    expect(followed).toEqual(['1.9.1', '1.9.3', '1.9.6'])
    expect([...workitems.all.values()].map(({ studyInstanceUid }) => studyInstanceUid)).toEqual([
      STUDY,
      STUDY,
      undefined,
    ])
    await one.round()
    expect(serial).toBe(3)
    expect([...peer.workitems.values()].map(({ state }) => state)).toEqual([
      'IN PROGRESS',
      'SCHEDULED',
      'IN PROGRESS',
      'SCHEDULED',
      'SCHEDULED',
      'IN PROGRESS',
    ])
  })

  /** The change of state, as this worklist takes it. */
  const STATE = mode === 'strict' ? /^PUT .*\/state$/ : /^PUT .*\/state\/GLIABRIDGE$/
  const claimed = (state: ClaimedWorkitem['state']): ClaimedWorkitem => ({
    workitemUid: '1.9.1',
    transactionUid: '2.25.77',
    state,
    priority: 'fresh',
    claimedAt: AT,
    cancelRequested: false,
  })

  it('leaves a workitem to the performer that ended between claim and answer, by the same Transaction UID', async () => {
    peer.schedule('1.9.1', workitemOf(STUDY))
    await workitems.put(claimed('claiming'))
    peer.loseAnswer(STATE)
    expect((await failureOf(worklist.claim('1.9.1', '2.25.77'))).code).toBe('ARCHIVE_UNREACHABLE')
    expect(peer.workitems.get('1.9.1')).toMatchObject({ state: 'IN PROGRESS', transactionUid: '2.25.77' })
    await performer().round()
    expect(workitems.all.get('1.9.1')).toMatchObject({ state: 'in progress', transactionUid: '2.25.77' })
    expect([followed, serial]).toEqual([['1.9.1'], 0])
  })

  it('has a claim written down before it is sent', async () => {
    peer.schedule('1.9.1', workitemOf(STUDY))
    const states: string[] = []
    const { put } = workitems
    workitems.put = async (item) => {
      states.push(`${item.state} ${item.transactionUid}, there ${peer.workitems.get('1.9.1')!.state}`)
      await put(item)
    }
    await performer().round()
    expect(states).toEqual(['claiming 2.25.9001, there SCHEDULED', 'in progress 2.25.9001, there IN PROGRESS'])
  })

  it('finds completed what was completed when the answer was lost', async () => {
    peer.schedule('1.9.1', workitemOf(STUDY))
    await worklist.claim('1.9.1', '2.25.77')
    await workitems.put(claimed('in progress'))
    follow = async (item) => {
      await worklist.complete(item.workitemUid, item.transactionUid, PERFORMED)
      await workitems.put({ ...item, state: 'closed' })
    }
    peer.loseAnswer(STATE)
    await performer().round()
    expect(log.lines.map(({ message }) => message)).toContain('a workitem waits; it is tried again')
    await performer().round()
    expect(peer.workitems.get('1.9.1')!.history.filter((one) => one === 'COMPLETED')).toHaveLength(1)
    expect(workitems.all.get('1.9.1')?.state).toBe('closed')
  })

  it('closes a workitem that somebody else ended', async () => {
    peer.schedule('1.9.1', workitemOf(STUDY))
    follow = ({ workitemUid, transactionUid }) => worklist.tell(workitemUid, transactionUid, { percent: 20, text: 'x' })
    await performer().round()
    peer.workitems.get('1.9.1')!.state = 'CANCELED'
    await performer().round()
    expect(workitems.all.get('1.9.1')).toMatchObject({ state: 'closed', outcome: expect.stringContaining('lost') })
  })

  it.each([
    ['was canceled', (uid: string) => void Object.assign(peer.workitems.get(uid)!, { state: 'CANCELED' })],
    ['carries the wish for its end', (uid: string) => peer.noteCancellation(uid, 'wrong patient')],
  ])('asks for what it missed while no channel was open: a workitem that %s', async (_what, end) => {
    peer.schedule('1.9.1', workitemOf(STUDY))
    await performer().round()
    end('1.9.1')
    await performer().round()
    expect(followed).toContain('1.9.1 to be canceled')
    expect(workitems.all.get('1.9.1')).toMatchObject({ cancelRequested: true })
  })

  it('tells at once what is scheduled and what is to be canceled, over a channel that drops', async () => {
    const stopping = new AbortController()
    const running = performer().run(stopping.signal)
    const until = async (condition: () => boolean) => {
      for (let turn = 0; !condition(); turn += 1) {
        if (turn > 400) throw new Error('waited too long')
        await wait(25)
      }
    }
    try {
      await until(() => peer.channels() === 1)
      expect(peer.subscriptions).toEqual(['/workitems/1.2.840.10008.5.1.4.34.5/subscribers/GLIABRIDGE'])
      peer.schedule('1.9.1', workitemOf(STUDY))
      await until(() => followed.includes('1.9.1'))
      peer.requestCancel('1.9.1')
      await until(() => followed.includes('1.9.1 to be canceled'))
      peer.silent = true
      peer.dropChannels()
      // While nobody listens: found by the search at the next connection.
      peer.schedule('1.9.2', workitemOf(STUDY))
      await until(() => followed.includes('1.9.2'))
      await until(() => peer.channels() === 1)
      peer.dropChannels()
      peer.noteCancellation('1.9.2', 'wrong patient')
      await until(() => followed.includes('1.9.2 to be canceled'))
    } finally {
      stopping.abort()
      await running
    }
  })
})

it('a worklist without events is searched', async () => {
  const peer = await startUpsPeer('strict', { channel: false })
  try {
    expect(await openedOn(peer, {}, createKeptLog()).subscribe()).toBeUndefined()
    expect(await openedOn(peer, { subscribe: 'none' }, createKeptLog()).subscribe()).toBeUndefined()
  } finally {
    await peer.close()
  }
})

it('a filtered subscription names what it is about', async () => {
  const peer = await startUpsPeer('strict')
  try {
    await openedOn(peer, { subscribe: 'filtered' }, createKeptLog()).subscribe()
    await openedOn(peer, { subscribe: 'filtered', codes: [] }, createKeptLog()).subscribe()
    expect(peer.subscriptions).toEqual([
      '/workitems/1.2.840.10008.5.1.4.34.5.1/subscribers/GLIABRIDGE?00404018.00080100=GLIOMA&00404018.00080102=H',
      '/workitems/1.2.840.10008.5.1.4.34.5.1/subscribers/GLIABRIDGE?00404025.00080100=GLIABRIDGE',
    ])
  } finally {
    await peer.close()
  }
})

it.each([
  ['IN PROGRESS', 'IN PROGRESS'],
  ['in_progress', 'IN PROGRESS'],
  ['INPROGRESS', 'IN PROGRESS'],
  ['CANCELLED', 'CANCELED'],
  ['scheduled ', 'SCHEDULED'],
  ['', undefined],
])('reads the state %o as %s', (written, state) => {
  expect(readState(written)).toBe(state)
})

it.each([
  ['no JSON', '<html>', undefined],
  ['no workitem', '{"00001002":{"vr":"US","Value":[2]}}', undefined],
  ['a list', '[{"00001000":{"vr":"UI","Value":["1.9.1"]},"00001002":{"vr":"US","Value":[2]}}]', 'cancel requested'],
  ['an assignment', '{"00001000":{"vr":"UI","Value":["1.9.1"]},"00001002":{"vr":"US","Value":[5]}}', 'scheduled'],
  ['progress', '{"00001000":{"vr":"UI","Value":["1.9.1"]},"00001002":{"vr":"US","Value":[3]}}', 'other'],
])('reads an event that is %s', (_, message, kind) => {
  expect(readEvent(message)?.kind).toBe(kind)
})
