// From what happened to what people get: a real store, a real SMTP server, a real receiver of webhooks.
import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBreakers } from '../../src/domain/breakers.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { NoticeItem, NoticeRule } from '../../src/domain/notice.ts'
import { createPeerWatch } from '../../src/domain/peers.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { NoticeChannel } from '../../src/domain/ports/notices.ts'
import { createMailChannel, type MailServer } from '../../src/notices/client-mail.ts'
import { createWebhookChannel } from '../../src/notices/client-webhook.ts'
import { collectNotices } from '../../src/notices/collect.ts'
import { byDestination, sendNotices } from '../../src/notices/send.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { createHeadSwitches } from '../../src/store/head-switches.ts'
import { createNoticeStore } from '../../src/store/notices.ts'
import { noticeParagraphs } from '../../src/wording/notices.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const STUDY = '1.2.840.1.7'
const RULE: NoticeRule = {
  name: 'on call',
  about: ['urgent-result', 'hold', 'quarantine', 'dead-letter', 'peer'],
  afterMinutes: 15,
  everyMinutes: 30,
}
const LINK = { detail: 'link', publicUrl: 'https://glioma.example' } as const
const id = (letter: string) => letter.repeat(32)

const closing: (() => unknown)[] = []
let db: Database
beforeAll(async () => {
  db = await openDatabase()
})
afterAll(() => db.close())
beforeEach(async () => {
  await db.query('truncate gliabridge.notices, gliabridge.notice_items, gliabridge.legs, gliabridge.analyses cascade')
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function hospital() {
  const clock = createManualClock()
  const log = createKeptLog()
  const analyses = createAnalysisStore(db, clock)
  const notices = createNoticeStore(db, clock)
  const watchStore = createMemoryWatchStore()
  const audited: AuditEntry[] = []
  const ports = {
    notices,
    analyses,
    watchStore,
    clock,
    log,
    peers: createPeerWatch(['pacs', 'ehr'], () => undefined),
    breakers: createBreakers(),
    switches: createHeadSwitches(db, clock),
  }
  const register = (analysisId: string, priority: 'first' | 'fresh' = 'fresh') =>
    analyses.register({
      analysisId,
      studyInstanceUid: STUDY,
      bundleId: 'b',
      bundleDigest: 'd',
      modelDigest: 'm',
      instanceSetDigest: 's',
      priority,
      study: { ...NO_STUDY, studyDate: '20260228', accessionNumber: 'A-88', studyDescription: 'MR of Jane Doe' },
    })
  /** Over all destinations at once, as the service's loops do; when the next attempt is due, if one failed. */
  async function sendOver(channels: ReadonlyMap<string, NoticeChannel>, maxAttempts = 3): Promise<Date | undefined> {
    const audit = { record: async (entry: AuditEntry) => void audited.push(entry) }
    const sending = byDestination(channels).map((rules) =>
      sendNotices({ ...ports, channels, audit, maxAttempts }, rules),
    )
    return (await Promise.all(sending)).flatMap((when) => when ?? []).sort((a, b) => Number(a) - Number(b))[0]
  }
  return {
    ...ports,
    audited,
    register,
    async deliver(analysisId: string) {
      await register(analysisId, 'first')
      await db.query(`update gliabridge.analyses set state = 'delivered', updated_at = $2 where analysis_id = $1`, [
        analysisId,
        clock.now().toISOString(),
      ])
    },
    async hold(analysisId: string, code: 'SERIES_MISSING' | 'DECODING_FAILED' = 'SERIES_MISSING') {
      await register(analysisId)
      await analyses.move(analysisId, 'held', { hold: { code, message: 'no T1c in "Jane Doe"' } })
    },
    collect: (rules = [RULE]) => collectNotices({ ...ports, wake: async () => undefined }, rules),
    send: (channel: NoticeChannel, maxAttempts = 3) => sendOver(new Map([[RULE.name, channel]]), maxAttempts),
    sendOver,
  }
}
const NO_STUDY = {
  studyInstanceUid: STUDY,
  studyId: '',
  accessionNumber: '',
  issuerOfAccessionNumber: '',
  studyDate: '',
  studyTime: '',
  studyDescription: '',
  referringPhysicianName: '',
}

const textOf = (items: readonly NoticeItem[]) =>
  noticeParagraphs(
    items,
    () => undefined,
    () => undefined,
  ).join('\n')

/** A way out that keeps what it is given. */
function keeping(fail?: () => AppError | undefined) {
  const sent: string[][] = []
  const channel: NoticeChannel = {
    destination: 'test',
    async send(notice) {
      const error = fail?.()
      if (error) throw error
      sent.push(notice.items.map(({ subject, analysisId, peer }) => `${subject} ${analysisId?.[0] ?? peer}`))
      return { kept: 'yes' }
    },
  }
  return { channel, sent }
}

describe('what is told of', () => {
  it('is each urgent result once, and none of before the first round', async () => {
    const { deliver, collect, send, clock } = hospital()
    await deliver(id('a'))
    clock.advance(60)
    await collect()
    const { channel, sent } = keeping()
    clock.advance(60)
    await deliver(id('b'))
    await deliver(id('c'))
    await collect()
    await collect()
    await send(channel)
    expect(sent.sort()).toEqual([['urgent-result b'], ['urgent-result c']])
  })

  it('is what stands still, together, when it has done so long enough, and no more often than the rule says', async () => {
    const { hold, collect, send, clock } = hospital()
    const { channel, sent } = keeping()
    const round = async (minutes: number) => {
      clock.advance(minutes * 60)
      await collect()
      await send(channel)
    }
    await hold(id('a'))
    await hold(id('b'), 'DECODING_FAILED')
    await round(14)
    expect(sent).toEqual([])
    await round(1)
    expect(sent).toEqual([['hold a', 'quarantine b']])
    await hold(id('c'))
    await round(16)
    expect(sent).toHaveLength(1)
    await round(14)
    expect(sent.slice(1)).toEqual([['hold c']])
    await round(600)
    expect(sent).toHaveLength(2)
  })

  it('is not a hold that was resolved in time, and is one that comes back', async () => {
    const { hold, collect, send, clock, analyses } = hospital()
    const { channel, sent } = keeping()
    await hold(id('a'))
    clock.advance(600)
    await analyses.move(id('a'), 'queued')
    clock.advance(600)
    await collect()
    await analyses.move(id('a'), 'held', { hold: { code: 'SERIES_MISSING', message: 'still' } })
    clock.advance(900)
    await collect()
    await send(channel)
    expect(sent).toEqual([['hold a']])
  })

  it('is an outage once, also when the service is started anew meanwhile, and the next one again', async () => {
    const { peers, collect, send, clock, ...rest } = hospital()
    const { channel, sent } = keeping()
    const down = new AppError('EHR_UNREACHABLE', 'nobody answers')
    peers.failed('ehr', down, clock.now())
    await collect()
    clock.advance(900)
    await collect()
    const restarted = createPeerWatch(['pacs', 'ehr'], () => undefined)
    restarted.failed('ehr', down, clock.now())
    clock.advance(3600)
    await collectNotices({ ...rest, peers: restarted, clock, wake: async () => undefined }, [RULE])
    restarted.good('ehr', clock.now())
    await collectNotices({ ...rest, peers: restarted, clock, wake: async () => undefined }, [RULE])
    restarted.failed('ehr', down, clock.now())
    clock.advance(3600)
    await collectNotices({ ...rest, peers: restarted, clock, wake: async () => undefined }, [RULE])
    clock.advance(3600)
    await collectNotices({ ...rest, peers: restarted, clock, wake: async () => undefined }, [RULE])
    await send(channel)
    expect(sent).toEqual([['peer ehr'], ['peer ehr']])
  })

  it('is a head that a stop rule turned off, once until it is turned off again', async () => {
    const { collect, send, clock, switches, watchStore } = hospital()
    const { channel, sent } = keeping()
    const texts: string[] = []
    const telling: NoticeChannel = {
      ...channel,
      async send(notice, records) {
        texts.push(textOf(notice.items))
        return channel.send(notice, records)
      },
    }
    const rule = { ...RULE, about: ['stopped-head' as const] }
    expect(await watchStore.cursor('notices since')).toBeUndefined()
    for (const turn of [1, 2]) {
      await switches.turn('grade', 'off', 'rule', 'Calls that tissue contradicts: 30 % of 40')
      clock.advance(3600)
      expect(await collect([rule]), `turn ${turn}`).toBe(1)
      clock.advance(3600)
      expect(await collect([rule])).toBe(0)
      await switches.turn('grade', 'on', 'Nine (P-1)', 'r')
      expect(await collect([rule])).toBe(0)
    }
    await send(telling)
    expect(sent).toHaveLength(2)
    expect(texts[0]).toContain('A stop rule turned a head off (WHO CNS grade), since 2026-')
    expect(texts[0]).not.toMatch(/30 %/)
  })

  it('is told once by two processes that look at the same moment', async () => {
    const { deliver, collect, send, clock } = hospital()
    await collect()
    clock.advance(1)
    await deliver(id('a'))
    await Promise.allSettled([collect(), collect(), collect()])
    const { channel, sent } = keeping()
    await Promise.all([send(channel), send(channel)])
    expect(sent).toEqual([['urgent-result a']])
  })
})

describe('a notice that is not taken', () => {
  it('is tried again later each time, by itself, then given up until a person sends it again', async () => {
    const { deliver, collect, send, clock, notices, audited } = hospital()
    await collect()
    clock.advance(1)
    await deliver(id('a'))
    await collect()
    let error: AppError | undefined = new AppError('NOTICE_UNREACHABLE', 'SMTP mail.example:25 cannot be reached')
    const { channel, sent } = keeping(() => error)
    const waits: number[] = []
    for (let next = await send(channel); next; next = await send(channel)) {
      waits.push((next.getTime() - clock.now().getTime()) / 1000)
      clock.advance(waits.at(-1)!)
    }
    expect(waits).toHaveLength(2)
    expect(waits[0]).toBeGreaterThanOrEqual(5)
    expect(waits[0]).toBeLessThan(6.1)
    expect(waits[1]).toBeGreaterThanOrEqual(10)
    const [failed] = await notices.list({ limit: 10, state: 'failed' })
    expect(failed).toMatchObject({ attempts: 3, lastError: { code: 'NOTICE_UNREACHABLE' } })
    expect(audited.map(({ studyInstanceUid, outcome }) => [studyInstanceUid, outcome])).toEqual(
      Array.from({ length: 3 }, () => [STUDY, 'failure']),
    )
    error = undefined
    expect(await send(channel)).toBeUndefined()
    await notices.again(failed!.noticeId)
    await send(channel)
    expect(sent).toEqual([['urgent-result a']])
    await expect(notices.again(id('0'))).rejects.toThrow(/no notice/)
  })

  it('leaves a destination alone that is out, spending no attempts on it', async () => {
    const { deliver, collect, send, clock, notices } = hospital()
    await collect()
    clock.advance(1)
    for (const letter of 'abcdef') await deliver(id(letter))
    await collect()
    let asked = 0
    const { channel } = keeping(() => {
      asked += 1
      return new AppError('NOTICE_UNREACHABLE', 'out')
    })
    await send(channel)
    expect(asked).toBe(5)
    const untouched = (await notices.list({ limit: 10 })).filter(({ attempts }) => attempts === 0)
    expect(untouched).toHaveLength(1)
  })

  it('keeps no other waiting: one destination hangs, and the other has its notice', async () => {
    const { deliver, collect, sendOver, clock, notices } = hospital()
    const rules = ['by mail', 'by webhook'].map((name) => ({ ...RULE, name }))
    await collect(rules)
    clock.advance(1)
    await deliver(id('a'))
    await collect(rules)
    let answer = () => {}
    const hung = new Promise<void>((resolve) => {
      answer = resolve
    })
    const { channel, sent } = keeping()
    const hanging: NoticeChannel = {
      destination: 'hangs',
      send: async () => {
        await hung
        return { kept: 'late' }
      },
    }
    const sending = sendOver(
      new Map([
        ['by webhook', hanging],
        ['by mail', channel],
      ]),
    )
    const done = async () => (await notices.list({ limit: 10, state: 'done' })).map(({ rule }) => rule)
    await vi.waitFor(async () => expect(await done()).toEqual(['by mail']), { timeout: 60_000, interval: 10 })
    expect(sent).toEqual([['urgent-result a']])
    answer()
    await sending
    expect((await done()).sort()).toEqual(['by mail', 'by webhook'])
  })

  it('is given up by name when its rule is gone', async () => {
    const { deliver, collect, send, clock, notices, log } = hospital()
    await collect([{ ...RULE, name: 'old' }])
    clock.advance(1)
    await deliver(id('a'))
    await collect([{ ...RULE, name: 'old' }])
    await send(keeping().channel)
    expect((await notices.list({ limit: 1 }))[0]).toMatchObject({
      state: 'failed',
      lastError: { code: 'NOTICE_REFUSED' },
    })
    expect(log.lines.at(-1)?.fields.error).toMatch(/no rule "old" any more/)
  })
})

interface Mail {
  from: string
  to: string[]
  text: string
}

/** `answer` may refuse a message. */
async function smtp(answer: (mails: Mail[]) => Error | undefined = () => undefined) {
  const mails: Mail[] = []
  const server = new SMTPServer({
    authOptional: true,
    closeTimeout: 100,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      let text = ''
      stream.on('data', (chunk) => {
        text += chunk
      })
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({ from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address), text })
        done(answer(mails))
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.server.address() as AddressInfo
  const to: MailServer = { host: '127.0.0.1', port, security: 'none', from: 'gliabridge@hospital.example' }
  return { mails, to }
}

describe('mail', () => {
  async function mailed(detail: 'link' | 'study') {
    const { deliver, collect, send, clock, audited } = hospital()
    const { mails, to } = await smtp()
    await collect()
    clock.advance(1)
    await deliver(id('a'))
    await collect()
    await send(createMailChannel(to, ['on.call@hospital.example', 'pacs@hospital.example'], { ...LINK, detail }))
    return { mail: mails[0]!, mails, audited }
  }

  it('says by default that a result is there, and where: no name, no date, no number', async () => {
    const { mail, mails, audited } = await mailed('link')
    expect(mails).toHaveLength(1)
    expect(mail.to).toEqual(['on.call@hospital.example', 'pacs@hospital.example'])
    expect(mail.text).toContain(`https://glioma.example/analyses/${id('a')}`)
    expect(mail.text).toMatch(/^Subject: Gliabridge: The result of an urgent study is ready/m)
    expect(mail.text).toMatch(/^Auto-Submitted: auto-generated/m)
    expect(mail.text).not.toMatch(/Jane|Doe|A-88|2026-02-28|1\.2\.840/)
    expect(audited).toMatchObject([
      {
        studyInstanceUid: STUDY,
        outcome: 'success',
        what: expect.stringMatching(/^notice [0-9a-f]{32} to SMTP 127\.0\.0\.1:\d+$/),
      },
    ])
  })

  it('names the study where the rule says so, and never the patient', async () => {
    const { mail } = await mailed('study')
    expect(mail.text).toContain('Accession number A-88')
    expect(mail.text).toContain('Study date 2026-02-28')
    expect(mail.text).not.toMatch(/Jane|Doe/)
  })

  it.each([
    [550, 'NOTICE_REFUSED'],
    [451, 'NOTICE_UNREACHABLE'],
  ])('that is answered by %i is %s', async (responseCode, code) => {
    const { to } = await smtp(() => Object.assign(new Error('Jane Doe is unknown'), { responseCode }))
    const channel = createMailChannel(to, ['a@hospital.example'], LINK)
    const sending = channel.send(
      { noticeId: id('1'), rule: 'r', items: [], createdAt: '2026-03-01T03:00:00.000Z' },
      new Map(),
    )
    await expect(sending).rejects.toMatchObject({ code, message: expect.not.stringMatching(/Jane/) })
  })

  it('has the same Message-ID when it is sent again', async () => {
    const { mails, to } = await smtp()
    const channel = createMailChannel(to, ['a@hospital.example'], LINK)
    const notice = { noticeId: id('1'), rule: 'r', items: [], createdAt: '2026-03-01T03:00:00.000Z' }
    await channel.send(notice, new Map())
    await channel.send(notice, new Map())
    const [first, second] = mails.map(({ text }) => /^Message-ID: (.+)$/im.exec(text)?.[1])
    expect(first).toBe(`<${id('1')}@hospital.example>`)
    expect(second).toBe(first)
  })

  it('goes nowhere without TLS where TLS is asked for, and says that nobody listens', async () => {
    const { to } = await smtp()
    const notice = { noticeId: id('1'), rule: 'r', items: [], createdAt: '2026-03-01T03:00:00.000Z' }
    await expect(
      createMailChannel({ ...to, security: 'starttls' }, ['a@b.example'], LINK).send(notice, new Map()),
    ).rejects.toMatchObject({ code: 'NOTICE_REFUSED' })
    await expect(
      createMailChannel({ ...to, port: 1 }, ['a@b.example'], LINK).send(notice, new Map()),
    ).rejects.toMatchObject({ code: 'NOTICE_UNREACHABLE' })
  })
})

describe('a webhook', () => {
  async function receiver(status: number, headers: Record<string, string> = {}) {
    const requests: { headers: Record<string, string | string[] | undefined>; body: string }[] = []
    const server: Server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        requests.push({ headers: request.headers, body })
        response.writeHead(status, headers).end('a page')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve)))
    return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in` }
  }

  it('is signed as hints to us are, and has the key of its notice', async () => {
    const { hold, collect, send, clock } = hospital()
    const { requests, url } = await receiver(202)
    await hold(id('a'))
    clock.advance(900)
    await collect()
    await send(createWebhookChannel({ url, secret: 'shared' }, LINK))
    const [{ headers, body }] = requests as [(typeof requests)[number]]
    expect(headers['x-hub-signature-256']).toBe(`sha256=${createHmac('sha256', 'shared').update(body).digest('hex')}`)
    const told = JSON.parse(body)
    expect(headers['idempotency-key']).toBe(told.noticeId)
    expect(told).toMatchObject({
      rule: 'on call',
      urgent: false,
      items: [
        {
          subject: 'hold',
          analysisId: id('a'),
          code: 'SERIES_MISSING',
          url: `https://glioma.example/analyses/${id('a')}`,
        },
      ],
    })
    expect(body).not.toMatch(/Jane|Doe|A-88|1\.2\.840/)
  })

  it.each([
    [500, {}, 'NOTICE_UNREACHABLE', undefined],
    [429, { 'retry-after': '90' }, 'NOTICE_UNREACHABLE', 90],
    [302, { location: 'http://127.0.0.1:1/' }, 'NOTICE_REFUSED', undefined],
    [404, {}, 'NOTICE_REFUSED', undefined],
  ])('that is answered by %i is tried again or given up', async (status, headers, code, retryAfterSeconds) => {
    const { url } = await receiver(status, headers as Record<string, string>)
    const notice = { noticeId: id('1'), rule: 'r', items: [], createdAt: '2026-03-01T03:00:00.000Z' }
    await expect(createWebhookChannel({ url, secret: 's' }, LINK).send(notice, new Map())).rejects.toMatchObject({
      code,
      retryAfterSeconds,
    })
  })

  it('whose receiver is not there was not sent, and one whose answer is lost may have been', async () => {
    const gone = createServer()
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
    const closed = `http://127.0.0.1:${(gone.address() as AddressInfo).port}/`
    await new Promise((resolve) => gone.close(resolve))
    const notice = { noticeId: id('1'), rule: 'r', items: [], createdAt: '2026-03-01T03:00:00.000Z' }
    await expect(
      createWebhookChannel({ url: closed, secret: 's' }, LINK).send(notice, new Map()),
    ).rejects.toMatchObject({ code: 'NOTICE_UNREACHABLE' })
    const server = createServer((request) => request.socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve)))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    await expect(createWebhookChannel({ url, secret: 's' }, LINK).send(notice, new Map())).rejects.toMatchObject({
      code: 'NOTICE_AMBIGUOUS',
    })
  })
})
