// Listens: the only file of the HTTP side with a socket.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import { HOUR_MS } from '../domain/durations.ts'
import { AppError } from '../domain/errors.ts'
import { unreadable } from '../domain/unreadable.ts'

export interface RunningServer {
  url: string
  /** Lets requests in progress finish for a moment, then closes every connection. */
  close(): Promise<void>
}

const GRACE_MS = 1500
/** How often renewed certificates are looked for while the service runs. */
const REREAD_MS = HOUR_MS

/** Files, PEM. */
export interface TlsFiles {
  /** With the chain up to, but without, the root. */
  certificate: string
  key: string
  /** Authorities; every other machine must show a certificate by one of them (mutual TLS). */
  clientCa?: string
}

export interface Address {
  host: string
  port: number
  tls?: TlsFiles
}

/** The handler of requests; replaced once the service is up. */
export type Answers = Pick<Hono, 'fetch'>

export interface OpenPort extends RunningServer {
  show(answers: Answers): void
}

/** Port 0 picks a free one. Throws SETTINGS_INVALID if the address cannot be used or the TLS files are not valid. */
export async function openPort({ host, port, tls }: Address, first: Answers): Promise<OpenPort> {
  let answers = first
  const server = createAdaptorServer({
    fetch: (request, env) => withoutCertificate(tls, env as HttpBindings) ?? answers.fetch(request, env),
    ...(tls
      ? { createServer: createTlsServer, serverOptions: { ...readTls(tls), minVersion: 'TLSv1.2' as const } }
      : { createServer }),
  }) as Server
  const rereading = tls && setInterval(() => reread(server as unknown as TlsServer, tls), REREAD_MS).unref()
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
  // A wildcard address is reached by the name of this machine.
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls ? 'https' : 'http'}://${name}:${real}`,
    show(next) {
      answers = next
    },
    close: () =>
      new Promise<void>((resolve) => {
        clearInterval(rereading)
        const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS)
        server.close(() => {
          clearTimeout(cut)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

export function serve(app: Answers, address: Address): Promise<RunningServer> {
  return openPort(address, app)
}

function readTls({ certificate, key, clientCa }: TlsFiles) {
  const read = (setting: string, path: string) => {
    try {
      return readFileSync(path)
    } catch (error) {
      throw new AppError('SETTINGS_INVALID', `http.tls.${setting}: ${unreadable(path, error)}`, { cause: error })
    }
  }
  const files = { cert: read('certificate', certificate), key: read('key', key) }
  try {
    // Whether key and certificates are valid and belong together.
    createSecureContext(files)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new AppError('SETTINGS_INVALID', `http.tls: certificate and key are no pair of PEM files (${code})`, {
      cause: error,
    })
  }
  // Requested from everyone and enforced below, where this machine itself is let in: its health checks have no certificate.
  return clientCa === undefined
    ? files
    : { ...files, ca: read('clientCa', clientCa), requestCert: true, rejectUnauthorized: false }
}

/** Half-written files are ignored until the next check. */
function reread(server: TlsServer, tls: TlsFiles): void {
  try {
    server.setSecureContext(readTls(tls))
  } catch {
    // The previous certificate stays in use.
  }
}

const THIS_MACHINE = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/

function withoutCertificate(tls: TlsFiles | undefined, { incoming }: HttpBindings): Response | undefined {
  if (tls?.clientCa === undefined) return undefined
  const { authorized, remoteAddress = '' } = incoming.socket as TLSSocket
  return authorized || THIS_MACHINE.test(remoteAddress)
    ? undefined
    : new Response('a client certificate of the authority in http.tls.clientCa is needed\n', { status: 401 })
}
