// Requests to PACS and EHR: with our certificate where a peer asks for one, and through the proxy that the environment names.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { fetch } from 'undici'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDispatcher } from '../src/outgoing.ts'
import { selfSigned } from './support/certificates.ts'

let folder: string
const at = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gliabridge-tls-'))
  for (const name of ['server', 'client']) selfSigned(folder, name, 'IP:127.0.0.1')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function listening<T extends Server>(server: T): Promise<{ server: T; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

it('shows our certificate to a peer that asks for one, and only when it is named', async () => {
  const options = {
    key: readFileSync(at('server.key')),
    cert: readFileSync(at('server.pem')),
    ca: readFileSync(at('client.pem')),
    requestCert: true,
    rejectUnauthorized: false,
  }
  const seen: boolean[] = []
  const { server, port } = await listening(
    createTlsServer(options, (request, response) => {
      seen.push((request.socket as TLSSocket).authorized)
      response.end('ok')
    }),
  )
  const env = { GLIABRIDGE_TLS_CLIENT_CERT_FILE: at('client.pem'), GLIABRIDGE_TLS_CLIENT_KEY_FILE: at('client.key') }
  for (const given of [env, {}]) {
    const dispatcher = createDispatcher(given)
    // The server's own certificate is no authority of this machine: a process of its own is told so, as a site would tell it.
    const ask = fetch(`https://127.0.0.1:${port}/`, { dispatcher })
    await expect(ask).rejects.toThrow()
    await dispatcher.close()
  }
  const script = `import ${JSON.stringify(new URL('../src/dispatcher.ts', import.meta.url).href)}
process.stdout.write(await (await fetch('https://127.0.0.1:${port}/')).text())`
  const { execFile } = await import('node:child_process')
  const run = (given: Record<string, string>) =>
    new Promise<string>((resolve, reject) =>
      execFile(
        process.execPath,
        ['--input-type=module', '-e', script],
        { env: { ...given, NODE_EXTRA_CA_CERTS: at('server.pem') } },
        (error, out) => (error ? reject(error) : resolve(out)),
      ),
    )
  expect([await run(env), await run({})]).toEqual(['ok', 'ok'])
  expect(seen).toEqual([true, false])
  server.close()
}, 60_000)

it('goes through the proxy of the environment, but not to what NO_PROXY names', async () => {
  const { server: peer, port } = await listening(createHttpServer((_request, response) => response.end('peer')))
  const tunnels: string[] = []
  // A request for plain http comes with the whole address (RFC 9112 Section 3.2.2).
  const proxy = createHttpServer((request, response) => {
    tunnels.push(request.url ?? '')
    response.end('through the proxy')
  })
  const { port: proxyPort } = await listening(proxy)
  const HTTP_PROXY = `http://127.0.0.1:${proxyPort}`
  const ask = async (url: string, env: Record<string, string>) => {
    const dispatcher = createDispatcher(env)
    const text = await (await fetch(url, { dispatcher })).text()
    await dispatcher.close()
    return text
  }
  expect(await ask('http://pacs.invalid:81/x', { HTTP_PROXY })).toBe('through the proxy')
  expect(tunnels).toEqual(['http://pacs.invalid:81/x'])
  expect(await ask(`http://127.0.0.1:${port}/`, { HTTP_PROXY, NO_PROXY: '127.0.0.1' })).toBe('peer')
  expect(tunnels).toHaveLength(1)
  peer.close()
  proxy.close()
})

it('names what is missing', () => {
  const file = at('client.pem')
  expect(() => createDispatcher({ GLIABRIDGE_TLS_CLIENT_CERT_FILE: file })).toThrow('belong together')
  expect(() =>
    createDispatcher({ GLIABRIDGE_TLS_CLIENT_CERT_FILE: file, GLIABRIDGE_TLS_CLIENT_KEY_FILE: at('none') }),
  ).toThrow(`GLIABRIDGE_TLS_CLIENT_KEY_FILE names a file: ${at('none')} does not exist (ENOENT)`)
})
