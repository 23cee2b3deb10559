// Certificates by openssl: a hospital's authority with those of a server, a client and a stranger's client; and one that signs itself.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificates {
  /** Path of "ca", "server", "client" or "stranger" + ".pem" or ".key". */
  file(name: string): string
  text(name: string): string
  close(): Promise<void>
}

/** The name that the server's certificate has. */
export const SERVER_NAME = 'glioma.hospital.example'
const KEY = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const opensslIn = (cwd: string) => (line: string) => execFileSync('openssl', line.split(' '), { stdio: 'pipe', cwd })

/** `names` are of the subject: "DNS:localhost,IP:127.0.0.1". Returns the paths of NAME.pem and NAME.key. */
export function selfSigned(folder: string, name: string, names?: string): { certificate: string; key: string } {
  const subject = `/CN=${name}${names === undefined ? '' : ` -addext subjectAltName=${names}`}`
  opensslIn(folder)(`req -x509 -newkey ${KEY.join(' ')} -keyout ${name}.key -out ${name}.pem -days 2 -subj ${subject}`)
  return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
}

export async function createCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'gliabridge-tls-'))
  const file = (name: string) => join(folder, name)
  const openssl = opensslIn(folder)
  const signed = (name: string, by: string, use: 'server' | 'client') => {
    openssl(`req -newkey ${KEY.join(' ')} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`)
    openssl(`x509 -req -in ${name}.csr -CA ${by}.pem -CAkey ${by}.key -days 2 -extfile ${use}.cnf -out ${name}.pem`)
  }
  await writeFile(file('server.cnf'), `subjectAltName=DNS:${SERVER_NAME}\nextendedKeyUsage=serverAuth\n`)
  await writeFile(file('client.cnf'), 'extendedKeyUsage=clientAuth\n')
  selfSigned(folder, 'ca')
  selfSigned(folder, 'elsewhere')
  signed('server', 'ca', 'server')
  signed('client', 'ca', 'client')
  signed('stranger', 'elsewhere', 'client')
  return {
    file,
    text: (name) => readFileSync(file(name), 'utf8'),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
