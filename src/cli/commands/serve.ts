// gliabridge serve: runs until SIGINT or SIGTERM, then finishes the current step. Opens its port before anything else.
import { compose } from '../../compose.ts'
import type { ServicePart } from '../../domain/service-part.ts'
import { openPort } from '../../http/serve.ts'
import { startingApp } from '../../http/starting.ts'
import { readSettings } from '../../settings/read.ts'

export async function serveCommand(config: string | undefined, { only }: { only?: ServicePart }): Promise<void> {
  const settings = await readSettings(config, process.env)
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  let waitsFor: string | undefined
  const port = await openPort(
    settings.http,
    startingApp(() => waitsFor),
  )
  try {
    const ended = Promise.withResolvers<void>()
    stopping.signal.addEventListener('abort', () => ended.resolve())
    const service = await compose(settings, {
      port,
      ...(only && { only }),
      onBroken: (error) => ended.reject(error),
      waitForDatabase: {
        signal: stopping.signal,
        onWait: (code) => {
          waitsFor = code
        },
      },
    })
    try {
      const { url } = await service.start({ watch: true, http: true })
      process.stdout.write(`gliabridge serves its pages at ${url}\n`)
      if (!stopping.signal.aborted) await ended.promise
    } finally {
      await service.stop()
    }
  } catch (error) {
    // Told to stop while waiting for the database: not a failure.
    if (!stopping.signal.aborted) throw error
  } finally {
    await port.close()
  }
}
