// Starts the demo archive on a loopback port, in a folder that stays or in a temporary one that goes with it.
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerType, serve } from '@hono/node-server'
import { createArchiveApp, ROOT } from './app.ts'
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
    const { server, port } = await listen(app.fetch, options.port ?? 0)
    return {
      url: `http://127.0.0.1:${port}${ROOT}`,
      async close() {
        await stop(server)
        await removeFolder()
      },
    }
  } catch (error) {
    await removeFolder()
    throw error
  }
}

function listen(fetch: (request: Request) => Response | Promise<Response>, port: number) {
  return new Promise<{ server: ServerType; port: number }>((resolve, reject) => {
    const server = serve({ fetch, port, hostname: '127.0.0.1' }, (address: AddressInfo) =>
      resolve({ server, port: address.port }),
    )
    server.once('error', reject)
  })
}

function stop(server: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
