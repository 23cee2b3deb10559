// Listens: the only file of the HTTP side with a socket.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { AppError } from '../domain/errors.ts'

export interface RunningServer {
  url: string
  /** Finishes requests in hand for a moment, then closes every connection. */
  close(): Promise<void>
}

const GRACE_MS = 1500

/** What answers requests; exchanged once the service is up. */
export type Answers = Pick<Hono, 'fetch'>

export interface OpenPort extends RunningServer {
  show(answers: Answers): void
}

/** Port 0 takes a free one. Throws SETTINGS_INVALID when the address cannot be had. */
export async function openPort({ host, port }: { host: string; port: number }, first: Answers): Promise<OpenPort> {
  let answers = first
  const server = createAdaptorServer({ fetch: (request, env) => answers.fetch(request, env) }) as Server
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'is used by another program'
          : error.code === 'EACCES'
            ? 'may not be had by this user: ports below 1024 need a right of their own (CAP_NET_BIND_SERVICE)'
            : `cannot be had (${error.code})`
      reject(new AppError('SETTINGS_INVALID', `http.host ${host}, http.port ${port} ${why}`, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
  const { port: real } = server.address() as AddressInfo
  // An address that stands for all is reached by the name of this machine.
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${real}`,
    show(next) {
      answers = next
    },
    close: () =>
      new Promise<void>((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS)
        server.close(() => {
          clearTimeout(cut)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

export function serve(app: Answers, address: { host: string; port: number }): Promise<RunningServer> {
  return openPort(address, app)
}
