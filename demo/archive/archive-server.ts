// Starts the demo archive on a loopback port, in a permanent folder or in a temporary one that is removed with it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveOnLoopback } from '../loopback.ts'
import { createArchiveApp, ROOT } from './archive-app.ts'
import { openInstanceStore } from './store.ts'

export interface DemoArchive {
  /** DICOMweb service root. */
  url: string
  close(): Promise<void>
}

/** Starts the archive on 127.0.0.1; port 0 (the default) takes a free one. Without `dataDir` nothing is kept after close(). */
export async function startDemoArchive(options: { port?: number; dataDir?: string } = {}): Promise<DemoArchive> {
  const folder = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'gliabridge-archive-')))
  const removeFolder = async () => {
    if (options.dataDir === undefined) await rm(folder, { recursive: true, force: true })
  }
  try {
    const app = createArchiveApp(await openInstanceStore(folder))
    const server = await serveOnLoopback(app.fetch, options.port ?? 0)
    return {
      url: `${server.origin}${ROOT}`,
      async close() {
        await server.close()
        await removeFolder()
      },
    }
  } catch (error) {
    await removeFolder()
    throw error
  }
}
