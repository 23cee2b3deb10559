// How requests leave this machine: directly or through a proxy, and with our certificate where a peer asks for one.
import { readFileSync } from 'node:fs'
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { AppError } from './domain/errors.ts'
import { unreadable } from './domain/unreadable.ts'

type Environment = Readonly<Record<string, string | undefined>>

const CERTIFICATE = 'GLIABRIDGE_TLS_CLIENT_CERT_FILE'
const KEY = 'GLIABRIDGE_TLS_CLIENT_KEY_FILE'

/**
 * Uses the proxies named by HTTP_PROXY, HTTPS_PROXY and NO_PROXY, if any, and our certificate for peers that ask for one (mutual
 * TLS), if the two variables name its files (PEM). Throws SETTINGS_INVALID if only one of them is set, or a file cannot be read.
 */
export function createDispatcher(env: Environment): Dispatcher {
  const tls = clientCertificate(env)
  const isProxied = ['HTTP_PROXY', 'HTTPS_PROXY'].some((name) => env[name] || env[name.toLowerCase()])
  if (!isProxied) return new Agent(tls && { connect: tls })
  return new EnvHttpProxyAgent({
    httpProxy: env.HTTP_PROXY ?? env.http_proxy ?? '',
    httpsProxy: env.HTTPS_PROXY ?? env.https_proxy ?? '',
    noProxy: env.NO_PROXY ?? env.no_proxy ?? '',
    ...(tls && { connect: tls, requestTls: tls }),
  })
}

function clientCertificate(env: Environment): { cert: string; key: string } | undefined {
  const [cert, key] = [CERTIFICATE, KEY].map((name) => env[name] || undefined)
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined)
    throw new AppError('SETTINGS_INVALID', `${CERTIFICATE} and ${KEY} belong together; one of them is not set`)
  return { cert: read(CERTIFICATE, cert), key: read(KEY, key) }
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new AppError('SETTINGS_INVALID', `${name} names a file: ${unreadable(path, error)}`, { cause: error })
  }
}
