// A server of the demo on a loopback port.
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'

export interface LoopbackServer {
  /** "http://127.0.0.1:4711" */
  origin: string
  close(): Promise<void>
}

/** Port 0 picks a free one. `overrideGlobalObjects` is an option of the server's library. */
export function serveOnLoopback(
  fetch: (request: Request) => Response | Promise<Response>,
  port: number,
  options: { overrideGlobalObjects?: boolean } = {},
): Promise<LoopbackServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: '127.0.0.1', ...options }, (address: AddressInfo) =>
      resolve({ origin: `http://127.0.0.1:${address.port}`, close: () => stop(server) }),
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
