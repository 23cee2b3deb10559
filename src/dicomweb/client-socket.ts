// The channel over which a worklist sends its events: a WebSocket (PS3.18 Section 11.12, RFC 6455), through the same proxies and with the same
// certificates as all our requests.
import { WebSocket } from 'undici'
import { MINUTE_MS } from '../domain/durations.ts'
import { AppError } from '../domain/errors.ts'
import type { HearEvents } from '../domain/ports/worklist.ts'
import { type Auth, authorizationOf } from './client-connection.ts'

const OPEN_MS = 20_000
/** A dead connection looks like a silent one: after this long it is opened anew, which loses nothing. */
const SILENCE_MS = 5 * MINUTE_MS
/** A worklist's own events have a few hundred bytes. */
const MAX_EVENT_CHARACTERS = 1_000_000

export function createEventHearing(auth: Auth): HearEvents {
  const authorization = authorizationOf(auth)
  return (address, { onOpen, onEvent }, signal) =>
    new Promise<void>((resolve, reject) => {
      const socket = new WebSocket(address, { headers: authorization === undefined ? {} : { authorization } })
      let isOpen = false
      let timer: NodeJS.Timeout | undefined
      const waitFor = (milliseconds: number) => {
        clearTimeout(timer)
        timer = setTimeout(close, milliseconds)
      }
      const ended = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', close)
        if (isOpen || signal.aborted) resolve()
        else reject(new AppError('ARCHIVE_UNREACHABLE', "the channel of the worklist's events could not be opened"))
      }
      // Does not wait for the close: the other side may be gone.
      function close() {
        socket.close()
        ended()
      }
      waitFor(OPEN_MS)
      signal.addEventListener('abort', close)
      socket.addEventListener('open', () => {
        isOpen = true
        waitFor(SILENCE_MS)
        onOpen()
      })
      socket.addEventListener('message', ({ data }) => {
        waitFor(SILENCE_MS)
        if (typeof data === 'string' && data.length <= MAX_EVENT_CHARACTERS) onEvent(data)
      })
      socket.addEventListener('close', ended)
      socket.addEventListener('error', ended)
      if (signal.aborted) close()
    })
}
