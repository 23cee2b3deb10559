// A connection that is read PDU by PDU: each complete, of limited size, and none while the previous one is being processed (PS3.8 Section 9.3.1).
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

const HEADER = 6
/** Time for the peer to read the last PDU. */
const LINGER_MS = 2000

/**
 * What the DIMSE library uses of a socket. On its own it would join every chunk to the last, accept a PDU of 4 GiB, and read on
 * while an object is stored.
 */
export class PduGate extends EventEmitter {
  readonly remoteAddress: string
  readonly #socket: Socket
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #length = 0
  #isHeld = false
  #isGiving = false

  constructor(socket: Socket, maxBytes: number) {
    super()
    this.#socket = socket
    this.#maxBytes = maxBytes
    this.remoteAddress = socket.remoteAddress ?? ''
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      this.#give()
    })
    socket.on('error', (error) => this.emit('error', error))
    socket.on('close', () => this.emit('close'))
  }

  /** Nothing is delivered until release(). */
  hold(): void {
    this.#isHeld = true
    this.#socket.pause()
  }

  release(): void {
    if (this.#socket.writableEnded) return
    this.#isHeld = false
    this.#socket.resume()
    this.#give()
  }

  write(bytes: Uint8Array): boolean {
    return !this.#socket.destroyed && this.#socket.write(bytes)
  }

  /** Sends what was written last, and reads nothing more. */
  end(): void {
    this.hold()
    this.#socket.end()
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** The library has timers of its own for associations and PDUs. */
  setTimeout(): void {}

  #give(): void {
    if (this.#isGiving) return
    this.#isGiving = true
    for (let pdu = this.#next(); pdu !== undefined; pdu = this.#next()) this.emit('data', pdu)
    this.#isGiving = false
  }

  #next(): Buffer | undefined {
    if (this.#isHeld || this.#length < HEADER) return undefined
    const length = this.#header().readUInt32BE(2)
    if (length > this.#maxBytes) {
      this.#socket.destroy(new Error(`a PDU of ${length} bytes is over the limit of ${this.#maxBytes}`))
      return undefined
    }
    if (this.#length < HEADER + length) return undefined
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length)
    const rest = all.subarray(HEADER + length)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#length = rest.length
    return all.subarray(0, HEADER + length)
  }

  #header(): Buffer {
    const first = this.#chunks[0]!
    return first.length >= HEADER ? first : Buffer.concat(this.#chunks, this.#length)
  }
}
