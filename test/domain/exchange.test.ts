// A question to another process ends once, by whatever comes first, and leaves nothing behind.
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { exchange, NoAnswer } from '../../src/domain/exchange.ts'

type Reply = { part: number } | { sum: number }

/** Adds up parts until the sum comes; what happens to the peer happens as soon as it was asked. */
async function ask(happening: (peer: EventEmitter) => void, timeoutMs = 10_000) {
  const peer = new EventEmitter()
  const parts: number[] = []
  const answer = exchange<Reply, string>(peer, {
    send: () => setImmediate(happening, peer),
    read: (reply) => {
      if ('sum' in reply) return `${parts.join('+')}=${reply.sum}`
      if (reply.part < 0) throw new RangeError('no negative parts')
      parts.push(reply.part)
      return undefined
    },
    timeoutMs,
  })
  return answer.finally(() => expect(peer.eventNames()).toEqual([]))
}

describe('an exchange', () => {
  it('reads replies until one is the answer, and no more after it', async () => {
    const answer = await ask((peer) => {
      for (const reply of [{ part: 2 }, { part: 3 }, { sum: 5 }, { sum: 9 }]) peer.emit('message', reply)
      peer.emit('exit', 0, null)
    })
    expect(answer).toBe('2+3=5')
  })

  it.each([
    ['its end by a signal', 'ended (SIGKILL)', (peer: EventEmitter) => peer.emit('exit', null, 'SIGKILL')],
    ['its end by itself', 'ended (exit code 3)', (peer: EventEmitter) => peer.emit('exit', 3)],
    ['an error, whose text is not ours', 'failed', (peer: EventEmitter) => peer.emit('error', new Error('Doe^Jane'))],
    ['silence', 'was ended after 0.05 s', () => undefined],
  ])('is ended by %s', async (_what, words, happening) => {
    await expect(ask((peer) => void happening(peer), 50)).rejects.toEqual(new NoAnswer(words))
  })

  it('passes on what the reader throws', async () => {
    await expect(ask((peer) => peer.emit('message', { part: -1 }))).rejects.toThrow(new RangeError('no negative parts'))
  })

  it('passes on that nothing could be sent', async () => {
    const peer = new EventEmitter()
    const send = () => {
      throw new TypeError('cannot be cloned')
    }
    await expect(exchange(peer, { send, read: () => 'never', timeoutMs: 1000 })).rejects.toThrow('cannot be cloned')
    expect(peer.eventNames()).toEqual([])
  })
})
