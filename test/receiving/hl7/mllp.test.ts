// The listener over real sockets: acknowledged when kept, patient by the byte, closed to strangers and to who keeps it waiting.
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { AppError } from '../../../src/domain/errors.ts'
import { LIMITS } from '../../../src/domain/limits.ts'
import type { Hint } from '../../../src/domain/ports/hint-store.ts'
import { listenMllp, type MllpOptions } from '../../../src/receiving/hl7/mllp.ts'
import type { Listener } from '../../../src/receiving/listener.ts'
import { createKeptLog } from '../../support/quiet-log.ts'
import { realClock } from '../../support/real-clock.ts'

let listener: Listener | undefined
const sockets: Socket[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const socket of sockets.splice(0)) socket.destroy()
  await listener?.close()
})

async function listen(options: Partial<MllpOptions> = {}) {
  const kept: Hint[] = []
  const log = createKeptLog()
  const hints = { add: async (found: readonly Hint[]) => void kept.push(...found) }
  const fixed = {
    host: '127.0.0.1',
    port: 0,
    peers: ['127.0.0.0/8'],
    accessionFields: ['OBR-3'],
    clock: realClock,
    log,
  }
  listener = await listenMllp({ ...fixed, hints, onHeard() {}, newControlId: () => 'G', ...options })
  return { kept, log, port: listener.port }
}

/** A connection, and every whole frame that came on it. */
async function call(port: number) {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  let text = ''
  let isClosed = false
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('close', () => {
    isClosed = true
  })
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
  const answers = () =>
    text
      .split('\x1c\r')
      .slice(0, -1)
      .map((one) => one.slice(1).split('\r')[1]!)
  return { socket, answers, isClosed: () => isClosed }
}

const order = (id: string, number = `A-${id}`) =>
  `MSH|^~\\&|RIS|H|G|H|2026||ORM^O01|${id}|P|2.3\rPID|1||4711||DOE^JANE\rOBR|1||${number}`
const frame = (text: string) => `\x0b${text}\x1c\r`

it('answers messages in their order, however they are cut or joined', async () => {
  const { kept, port, log } = await listen()
  const peer = await call(port)
  for (const byte of frame(order('1'))) {
    peer.socket.write(byte)
    await pause(0)
  }
  peer.socket.write(frame(order('2')) + frame(order('3', '')) + frame(order('4')))
  await vi.waitFor(() => expect(peer.answers()).toHaveLength(4))
  expect(peer.answers().map((one) => one.split('|').slice(0, 3).join('|'))).toEqual([
    'MSA|AA|1',
    'MSA|AA|2',
    'MSA|AE|3',
    'MSA|AA|4',
  ])
  expect(kept.map(({ value }) => value)).toEqual(['A-1', 'A-2', 'A-4'])
  expect(JSON.stringify(log.lines)).not.toMatch(/A-\d|4711|DOE|JANE/)
})

it('acknowledges nothing before it is kept, and says when it cannot be', async () => {
  const gate = Promise.withResolvers<void>()
  let isDown = false
  const { port } = await listen({
    hints: {
      async add() {
        await gate.promise
        if (isDown) throw new AppError('DATABASE_UNREACHABLE', 'the database did not answer')
      },
    },
  })
  const peer = await call(port)
  peer.socket.write(frame(order('1')))
  await pause(100)
  expect(peer.answers()).toEqual([])
  gate.resolve()
  await vi.waitFor(() => expect(peer.answers()).toEqual(['MSA|AA|1|']))
  isDown = true
  peer.socket.write(frame(order('2')))
  await vi.waitFor(() => expect(peer.answers()[1]).toMatch(/^MSA\|AR\|2\|not now/))
})

it('refuses strangers, and more connections than it holds', async () => {
  const strangers = await listen({ peers: ['10.0.0.0/8', '::1'] })
  const stranger = await call(strangers.port)
  await vi.waitFor(() => expect(stranger.isClosed()).toBe(true))
  expect(strangers.log.lines[0]?.fields.reason).toBe('its address is not in receive.hl7.peers')
  await listener?.close()
  const { port } = await listen()
  const peers = await Promise.all(Array.from({ length: LIMITS.hl7Connections }, () => call(port)))
  const last = await call(port)
  await vi.waitFor(() => expect(last.isClosed()).toBe(true))
  peers[0]!.socket.write(frame(order('1')))
  await vi.waitFor(() => expect(peers[0]!.answers()).toHaveLength(1))
})

it('ends a connection whose message does not become whole in time, and one that speaks something else', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { port, log } = await listen()
  const slow = await call(port)
  const other = await call(port)
  slow.socket.write('\x0bMSH|')
  other.socket.write('GET / HTTP/1.1\r\n'.repeat(200))
  await vi.waitFor(() => expect(other.isClosed()).toBe(true))
  expect(slow.isClosed()).toBe(false)
  await vi.advanceTimersByTimeAsync(LIMITS.hl7Seconds * 1000 + 1)
  await vi.waitFor(() => expect(slow.isClosed()).toBe(true))
  expect(log.lines.map(({ fields }) => fields.code ?? fields.limitSeconds)).toEqual([
    'MESSAGE_INVALID',
    LIMITS.hl7Seconds,
  ])
})

it('outlives a peer that goes away in the middle, and goes on with the others', async () => {
  const { port, kept } = await listen()
  const gone = await call(port)
  gone.socket.write('\x0bMSH|^~')
  gone.socket.resetAndDestroy()
  const peer = await call(port)
  peer.socket.write(frame(order('1')))
  await vi.waitFor(() => expect(peer.answers()).toHaveLength(1))
  expect(kept).toHaveLength(1)
})

it('refuses settings that it cannot use by name', async () => {
  await expect(listen({ peers: ['1.2.3.4.5'] })).rejects.toThrow(/receive\.hl7\.peers: 1\.2\.3\.4\.5/)
  const { port } = await listen()
  await expect(
    listenMllp({
      host: '127.0.0.1',
      port,
      peers: [],
      accessionFields: [],
      hints: { add: async () => undefined },
      onHeard() {},
      clock: realClock,
      newControlId: () => '',
      log: createKeptLog(),
    }),
  ).rejects.toThrow(/receive\.hl7\.port \d+ cannot be had \(EADDRINUSE\)/)
})
