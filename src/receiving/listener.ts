// A port of ours for peers that speak by TCP, with TLS where the site has a certificate.
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { AppError } from '../domain/errors.ts'

export interface ListenerTls {
  key: string
  cert: string
  /** Peers must show a certificate of one of these. */
  ca?: string
}

export interface ListenerOptions {
  /** Where these stand in the settings, such as "receive.dimse": errors name it. */
  section: string
  host: string
  /** 0 takes a free one. */
  port: number
  tls?: ListenerTls | undefined
  /** The connections that are open now, which the end of the listener ends. */
  open: ReadonlySet<Socket>
}

export interface Listener {
  port: number
  close(): Promise<void>
}

/** Throws SETTINGS_INVALID when the port cannot be had, or key and certificate do not go together. */
export async function openListener(options: ListenerOptions, take: (socket: Socket) => void): Promise<Listener> {
  const { tls, section } = options
  const server = tls === undefined ? createServer(take) : createSecure(tls, section, take)
  await listening(server, options)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of options.open) socket.destroy()
      }),
  }
}

function createSecure(tls: ListenerTls, section: string, take: (socket: Socket) => void): Server {
  try {
    const server = createTlsServer({ ...tls, minVersion: 'TLSv1.2', requestCert: tls.ca !== undefined }, take)
    // A handshake that fails is the peer's affair.
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    return server
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `${section}.tls: key and certificate cannot be used together`, { cause })
  }
}

function listening(server: Server, { section, host, port }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const where = `${section}.host ${host}, ${section}.port ${port}`
      reject(new AppError('SETTINGS_INVALID', `${where} cannot be had (${cause.code})`, { cause }))
    })
    server.listen(port, host, resolve)
  })
}
