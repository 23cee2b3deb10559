// Listens for HL7 v2 messages over MLLP: each is a hint, acknowledged once it is stored.
import { BlockList, isIP, type Socket } from 'node:net'
import { MINUTE_MS } from '../../domain/durations.ts'
import { AppError, asAppError, unforeseenFields } from '../../domain/errors.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { HintStore } from '../../domain/ports/hint-store.ts'
import type { Log } from '../../domain/ports/log.ts'
import { type Listener, type ListenerTls, openListener } from '../listener.ts'
import { type Answer, answerTo } from './answer.ts'
import { createMllpFrames } from './frames.ts'
import { readHeader, readHints } from './message.ts'
import { CONDITION, Hl7Refusal } from './refusal.ts'

export interface MllpOptions {
  host: string
  port: number
  /** Addresses and subnets ("10.1.2.0/24") that may send; no others are heard. */
  peers: readonly string[]
  tls?: ListenerTls | undefined
  accessionFields: readonly string[]
  hints: Pick<HintStore, 'add'>
  /** Called after each message that was stored. */
  onHeard(): void
  clock: Clock
  /** Of each acknowledgment. */
  newControlId(): string
  log: Log
}

const START = Buffer.from([0x0b])
const END = Buffer.from([0x1c, 0x0d])
/** How long until a peer that disappeared silently is noticed. */
const KEEP_ALIVE_MS = MINUTE_MS

/**
 * Closing it ends all connections; senders repeat what was not acknowledged. Throws SETTINGS_INVALID if the address or the
 * certificate cannot be used, or a peer is not an address.
 */
export async function listenMllp(options: MllpOptions): Promise<Listener> {
  const { log } = options
  const isPeer = allowList(options.peers)
  const open = new Set<Socket>()
  const take = (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    // An error of a socket without a reader would end the process.
    socket.on('error', () => socket.destroy())
    if (!isPeer(address) || open.size >= LIMITS.hl7Connections) {
      const reason = isPeer(address) ? 'too many connections' : 'its address is not in receive.hl7.peers'
      log.warn({ trigger: 'hl7', address, reason }, 'a connection was refused')
      socket.destroy()
      return
    }
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    void hear(options, socket)
  }
  return openListener({ ...options, section: 'receive.hl7', open }, take)
}

/** One message after the other, until the peer ends the connection, is too slow, or sends something other than MLLP. */
async function hear(options: MllpOptions, socket: Socket): Promise<void> {
  const { log } = options
  const frames = createMllpFrames()
  let deadline: NodeJS.Timeout | undefined
  try {
    // Nothing is read while a message is being processed.
    for await (const chunk of socket) {
      for (const message of frames.push(chunk as Buffer)) await send(socket, await answer(options, message))
      if (!frames.isOpen()) deadline = void clearTimeout(deadline)
      else deadline ??= setTimeout(() => tooSlow(log, socket), LIMITS.hl7Seconds * 1000)
    }
  } catch (thrown) {
    const error = asAppError(thrown)
    // Errors of the socket itself only mean that the connection is over.
    if (error.code !== 'INTERNAL')
      log.warn({ trigger: 'hl7', code: error.code, error: error.message }, 'a connection was ended')
  } finally {
    clearTimeout(deadline)
    socket.destroy()
  }
}

function tooSlow(log: Log, socket: Socket): void {
  log.warn(
    { trigger: 'hl7', limitSeconds: LIMITS.hl7Seconds },
    'a connection was ended: its message did not become whole in time',
  )
  socket.destroy()
}

/** Stores the hints of a message, then reports that. */
async function answer(options: MllpOptions, bytes: Uint8Array): Promise<string | undefined> {
  const { accessionFields, hints, onHeard, clock, newControlId, log } = options
  const said = { now: clock.now(), controlId: newControlId() }
  let header: Answer['header']
  try {
    const read = readHeader(bytes)
    header = read.header
    const hintsOfMessage = readHints(read, accessionFields)
    await hints.add(hintsOfMessage)
    onHeard()
    log.info({ trigger: 'hl7', hints: hintsOfMessage.length }, 'a hint was taken')
    return answerTo({ ...said, header })
  } catch (thrown) {
    const error = asAppError(thrown)
    log.warn(
      { trigger: 'hl7', code: error.code, error: error.message, ...unforeseenFields(thrown) },
      'a message was refused',
    )
    const refused =
      error instanceof Hl7Refusal
        ? { ...error.why, text: error.message }
        : ({
            acknowledgment: 'AR',
            condition: CONDITION.internal,
            location: '',
            text: 'not now: the message could not be kept; send it again',
          } as const)
    return answerTo({ ...said, ...(header && { header }), refused })
  }
}

/** Resolves when the peer has received it. A peer that receives nothing is disconnected. */
function send(socket: Socket, text: string | undefined): Promise<void> {
  if (text === undefined) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const stalled = setTimeout(() => socket.destroy(), LIMITS.hl7Seconds * 1000)
    socket.write(Buffer.concat([START, Buffer.from(text, 'latin1'), END]), (error) => {
      clearTimeout(stalled)
      if (error) reject(error)
      else resolve()
    })
  })
}

function allowList(peers: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const peer of peers) {
    const [address = '', prefix] = peer.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    try {
      if (prefix === undefined) list.addAddress(address, family)
      else list.addSubnet(address, Number(prefix), family)
    } catch (cause) {
      throw new AppError('SETTINGS_INVALID', `receive.hl7.peers: ${peer} is no address and no subnet`, { cause })
    }
  }
  return (given) => {
    // IPv4 as a socket for both families names it.
    const address = given.replace(/^::ffff:(?=\d+\.)/i, '')
    return isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
}
