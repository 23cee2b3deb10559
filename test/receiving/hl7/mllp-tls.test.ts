// HL7 v2 over TLS, as the settings ask for it: our certificate, the sender's where an authority is named, and no message in the clear.
import { connect } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { listenHl7 } from '../../../src/compose-hl7.ts'
import type { Hint } from '../../../src/domain/ports/hint-store.ts'
import type { Listener } from '../../../src/receiving/listener.ts'
import { parseSettings } from '../../../src/settings/parse.ts'
import { type Certificates, createCertificates, SERVER_NAME } from '../../support/certificates.ts'
import { createKeptLog } from '../../support/quiet-log.ts'
import { realClock } from '../../support/real-clock.ts'

let certificates: Certificates
let listener: Listener | undefined
let kept: Hint[] = []
beforeAll(async () => {
  certificates = await createCertificates()
})
afterEach(() => listener?.close())
afterAll(() => certificates.close())

async function listen(tls: Record<string, string>): Promise<number> {
  kept = []
  const settings = parseSettings(
    {
      pacs: { url: 'http://pacs.example/dicom-web' },
      ehr: { url: 'http://ehr.example/fhir', identifierSystem: 'urn:x', analysisSystem: 'urn:y' },
      receive: { hl7: { port: 0, host: '127.0.0.1', peers: ['127.0.0.1'], tls } },
    },
    {},
  )
  const hints = { add: async (found: readonly Hint[]) => void kept.push(...found) }
  listener = await listenHl7(settings, { hints, clock: realClock, log: createKeptLog() }, () => undefined)
  return listener!.port
}

const ours = () => ({ cert: certificates.file('server.pem'), key: certificates.file('server.key') })
const shown = (name: string) => ({ cert: certificates.text(`${name}.pem`), key: certificates.text(`${name}.key`) })
const MESSAGE = '\x0bMSH|^~\\&|RIS|H|G|H|2026||ORM^O01|7|P|2.3\rOBR|1||A-7\x1c\r'

/** The acknowledgment of one order; rejects when the connection ends, by whichever side, without one. */
function order(port: number, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const ca = certificates.text('ca.pem')
    const socket = connectTls({ host: '127.0.0.1', port, ca, servername: SERVER_NAME, ...options })
    let said = ''
    socket.on('secureConnect', () => socket.write(MESSAGE))
    socket.on('data', (chunk) => {
      said += chunk
      if (said.endsWith('\x1c\r')) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => (said === '' ? reject(new Error('ended without an answer')) : resolve(said)))
  })
}

it('is taken under our certificate, which the sender can check', async () => {
  const port = await listen(ours())
  expect(await order(port)).toContain('MSA|AA|7')
  expect(kept).toEqual([expect.objectContaining({ value: 'A-7' })])
  await expect(order(port, { ca: certificates.text('elsewhere.pem') })).rejects.toThrow()
  await expect(order(port, { servername: 'ris.hospital.example' })).rejects.toThrow(/altnames/)
})

it('is taken from senders with a certificate of the named authority, and from no others', async () => {
  const port = await listen({ ...ours(), ca: certificates.file('ca.pem') })
  expect(await order(port, shown('client'))).toContain('MSA|AA|7')
  expect(kept).toHaveLength(1)
  await expect(order(port)).rejects.toThrow()
  await expect(order(port, shown('stranger'))).rejects.toThrow()
  expect(kept).toHaveLength(1)
})

it('is not taken in the clear, nor by a protocol older than TLS 1.2', async () => {
  const port = await listen(ours())
  const said = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(MESSAGE))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
  })
  expect(said).not.toContain('MSA')
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await expect(order(port, old)).rejects.toThrow()
  expect(kept).toEqual([])
  expect(await order(port)).toContain('MSA|AA|7')
})
