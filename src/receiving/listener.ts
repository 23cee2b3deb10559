// A port for peers that connect by TCP, with TLS if the site has a certificate.
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { AppError } from '../domain/errors.ts'

export interface ListenerTls {
  key: string
  cert: string
  /** Peers must show a certificate issued by one of these. */
  ca?: string
}

export interface ListenerOptions {
  /** The settings section, such as "receive.dimse", for error messages. */
  section: string
  host: string
  /** 0 picks a free port. */
  port: number
  tls?: ListenerTls | undefined
  /** The open connections, which end with the listener. */
  open: ReadonlySet<Socket>
}

export interface Listener {
  port: number
  close(): Promise<void>
}

/** Throws SETTINGS_INVALID if the port cannot be used, or key and certificate do not match. */
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
    // A failed handshake is the peer's problem.
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
