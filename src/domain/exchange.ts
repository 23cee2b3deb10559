// One request to another process or thread, and whatever comes first: its answer, its end, or the deadline.
import type { EventEmitter } from 'node:events'

export interface Question<Reply, Answer> {
  /** Called once replies are listened to. */
  send(): void
  /** The answer, or undefined while more replies are to come; what it throws ends the exchange. */
  read(reply: Reply): Answer | undefined
  timeoutMs: number
}

/** Why no answer came, as words that follow the name of who was asked: "ended (SIGKILL)". */
export class NoAnswer extends Error {}

/**
 * `peer` is a child process or a worker thread: it says `message`, `exit` and `error`. Throws NoAnswer when it ends, fails, cannot be
 * reached or does not answer in time; a peer that is late is left running, for the caller to end.
 */
export async function exchange<Reply, Answer>(peer: EventEmitter, question: Question<Reply, Answer>): Promise<Answer> {
  const controller = new AbortController()
  const { signal } = controller
  try {
    return await Promise.race([
      throwAtEnd(peer, signal),
      throwAtDeadline(question.timeoutMs, signal),
      answerOf(peer, question, signal),
    ])
  } finally {
    controller.abort()
  }
}

function answerOf<Reply, Answer>(
  peer: EventEmitter,
  { send, read }: Question<Reply, Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    listen(peer, 'message', signal, (reply) => {
      try {
        const answer = read(reply as Reply)
        if (answer !== undefined) resolve(answer)
      } catch (error) {
        reject(error)
      }
    })
    send()
  })
}

function throwAtEnd(peer: EventEmitter, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    listen(peer, 'exit', signal, (code, by) => reject(new NoAnswer(`ended (${by ?? `exit code ${code}`})`)))
    listen(peer, 'error', signal, () => reject(new NoAnswer('failed')))
  })
}

function throwAtDeadline(timeoutMs: number, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => reject(new NoAnswer(`was ended after ${timeoutMs / 1000} s`)), timeoutMs)
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}

function listen(peer: EventEmitter, event: string, signal: AbortSignal, heard: (...args: unknown[]) => void): void {
  peer.on(event, heard)
  signal.addEventListener('abort', () => peer.off(event, heard), { once: true })
}
