// gliabridge serve: runs until SIGINT or SIGTERM, then finishes the step in hand.
import { compose } from '../../compose.ts'
import { readSettings } from '../../settings/read.ts'

export async function serveCommand(config: string | undefined): Promise<void> {
  const service = await compose(await readSettings(config, process.env))
  const { url } = await service.start({ watch: true, http: true })
  process.stdout.write(`gliabridge serves its pages at ${url}\n`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await service.stop()
}
