// Entry of the inference process: opens the network on the first provider that works and segments what it is sent.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FromProcess, OpenMessage, SegmentMessage, ToProcess } from './messages.ts'
import { openSession, RUNTIME, type Session } from './session.ts'
import { slidingWindow } from './sliding-window.ts'

let opened: { session: Session; message: OpenMessage } | undefined

// The service decides when this process ends: by its own signal, or by going away.
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})
process.on('message', (message: ToProcess) => {
  const work = message.type === 'open' ? open(message) : segment(message)
  work.catch((error: unknown) => {
    if (message.type === 'segment') say({ type: 'failed', id: message.id, reason: reasonOf(error) })
    else process.exit(1)
  })
})

async function open(message: OpenMessage): Promise<void> {
  const model = await readFile(message.modelPath)
  const digest = createHash('sha256').update(model).digest('hex')
  for (const provider of message.providers) {
    say({ type: 'trying', provider })
    try {
      if (digest !== message.sha256) throw new Error('the model file changed since the bundle was checked')
      const session = await openSession(model, provider, message.network, message.threads)
      opened = { session, message }
      say({ type: 'opened', provider: session.provider, runtime: RUNTIME })
      return
    } catch (error) {
      say({ type: 'declined', provider, reason: reasonOf(error) })
    }
  }
  say({ type: 'unavailable' })
}

async function segment({ id, channels, size }: SegmentMessage): Promise<void> {
  if (!opened) throw new Error('no network is open')
  const { session, message } = opened
  const started = performance.now()
  const probabilities = await slidingWindow(
    channels,
    size,
    message.classes,
    message.inference,
    (window) => session.run(window, message.inference.roi_size),
    (fraction) => say({ type: 'progress', id, fraction }),
  )
  const seconds = (performance.now() - started) / 1000
  // maxRSS is in KiB on every platform that libuv knows.
  say({ type: 'result', id, probabilities, seconds, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024) })
}

function say(message: FromProcess): void {
  if (process.connected) process.send?.(message)
}

/** First line of a runtime's message, short: it holds paths and node names of the model, nothing of a patient. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.split('\n')[0] ?? '').slice(0, 300)
}
