// Our own https: the certificate of the settings, a client's where the site asks for one, this machine let in without, and files that are none refused.
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { Hono } from 'hono'
import { Agent, fetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchOwn } from '../../src/cli/service-api.ts'
import { openPort, type TlsFiles } from '../../src/http/serve.ts'
import { type Certificates, createCertificates, SERVER_NAME } from '../support/certificates.ts'

let certificates: Certificates
const file = (name: string) => certificates.file(name)
beforeAll(async () => {
  certificates = await createCertificates()
})
afterAll(() => certificates.close())

const tls = (): TlsFiles => ({ certificate: file('server.pem'), key: file('server.key') })
const app = new Hono().get('/healthz', (c) => c.text('ok'))
const portOf = (url: string) => Number(new URL(url).port)
const signal = () => AbortSignal.timeout(10_000)

describe('https of our own', () => {
  it('has the certificate of the settings, and our commands know it', async () => {
    const port = await openPort({ host: '127.0.0.1', port: 0, tls: tls() }, app)
    expect(port.url).toMatch(/^https:/)
    const own = await fetchOwn({ port: portOf(port.url), tls: tls() }, '/healthz', { signal: signal() })
    expect(await own.text()).toBe('ok')
    const connect = { ca: readFileSync(file('ca.pem')), servername: SERVER_NAME }
    const known = await fetch(`${port.url}/healthz`, { dispatcher: new Agent({ connect }), signal: signal() })
    expect(await known.text()).toBe('ok')
    await expect(fetch(`${port.url}/healthz`, { dispatcher: new Agent(), signal: signal() })).rejects.toThrow()
    await expect(fetchOwn({ port: portOf(port.url) }, '/healthz', { signal: signal() })).rejects.toThrow()
    await expect(
      fetchOwn({ port: portOf(port.url), tls: { ...tls(), certificate: file('client.pem') } }, '/healthz', {
        signal: signal(),
      }),
    ).rejects.toThrow()
    await port.close()
  })

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address
  it.runIf(outside)('asks other machines for a certificate of the authority, and this one not', async () => {
    const port = await openPort({ host: '0.0.0.0', port: 0, tls: { ...tls(), clientCa: file('ca.pem') } }, app)
    const ask = (host: string, certificate?: string) => {
      const shown = certificate && {
        cert: readFileSync(file(`${certificate}.pem`)),
        key: readFileSync(file(`${certificate}.key`)),
      }
      const connect = { ca: readFileSync(file('ca.pem')), servername: SERVER_NAME, ...shown }
      return fetch(`https://${host}:${portOf(port.url)}/healthz`, {
        dispatcher: new Agent({ connect }),
        signal: signal(),
      })
    }
    expect((await ask('127.0.0.1')).status).toBe(200)
    expect((await ask(outside!)).status).toBe(401)
    expect((await ask(outside!, 'client')).status).toBe(200)
    // Of the authority, but not for showing who one is.
    expect((await ask(outside!, 'server')).status).toBe(401)
    await port.close()
  })

  it('refuses files that cannot be read, and that are no pair', async () => {
    const open = (change: Partial<TlsFiles>) =>
      openPort({ host: '127.0.0.1', port: 0, tls: { ...tls(), ...change } }, app)
    await expect(open({ key: file('none.key') })).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringMatching(/http\.tls\.key: .* \(ENOENT\)/),
    })
    await expect(open({ key: file('client.key') })).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringContaining('no pair'),
    })
    await expect(open({ certificate: file('client.csr') })).rejects.toMatchObject({ code: 'SETTINGS_INVALID' })
  })
})
