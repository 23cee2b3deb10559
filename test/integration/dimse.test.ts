// C-ECHO, C-STORE and Storage Commitment against the tools of DCMTK and pynetdicom: kept as sent, acknowledged when kept, refused by name.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readFileMeta } from '../../src/dicom/file-meta.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { ReceivedImages } from '../../src/domain/ports/received-images.ts'
import { type DimseOptions, listenDimse } from '../../src/receiving/dimse.ts'
import type { Listener } from '../../src/receiving/listener.ts'
import { openReceivedImages } from '../../src/receiving/spool.ts'
import {
  type BuiltInstance,
  buildInstance,
  buildSeries,
  DEFLATED,
  EXPLICIT,
  IMPLICIT,
  JPEG_2000,
  MR,
  RLE,
} from '../support/instances.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'

const run = promisify(execFile)
const STUDY = '1.2.826.0.1.3680043.8.498.35'
const COMMIT = new URL('./oracles/commit_storage.py', import.meta.url).pathname

let folder: string
let spool: ReceivedImages
let listener: Listener | undefined
let expectRoom: () => Promise<void>
let audited: AuditEntry[]
let log: ReturnType<typeof createKeptLog>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-dimse-'))
  expectRoom = async () => undefined
  audited = []
  log = createKeptLog()
  spool = await openReceivedImages({
    folder: join(folder, 'received'),
    clock: realClock,
    expectRoom: () => expectRoom(),
  })
})
afterEach(async () => {
  await listener?.close()
  await rm(folder, { recursive: true, force: true })
})

async function listen(options: Partial<DimseOptions> = {}) {
  const audit = { record: async (entry: AuditEntry) => void audited.push(entry) }
  const common = { host: '127.0.0.1', port: 0, aeTitle: 'GLIA', peers: { MR1: {} }, commitment: true, received: spool }
  listener = await listenDimse({ ...common, audit, log, ...options })
  return listener.port
}
/** Exit code and what the tool said. */
async function tool(name: string, port: number, ...rest: string[]) {
  const all = ['-v', '-aet', 'MR1', '-aec', 'GLIA', ...rest.filter((one) => one.startsWith('-') || one.startsWith('+'))]
  const args = [...all, '127.0.0.1', String(port), ...rest.filter((one) => !/^[-+]/.test(one))]
  try {
    const { stdout, stderr } = await run(name, args, { timeout: 60_000 })
    return { code: 0, said: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, said: stdout + stderr }
  }
}
async function write(...instances: Pick<BuiltInstance, 'bytes' | 'sopInstanceUid'>[]) {
  const paths = instances.map(({ sopInstanceUid }) => join(folder, `${sopInstanceUid}.dcm`))
  for (const [n, { bytes }] of instances.entries()) await writeFile(paths[n]!, bytes)
  return paths
}
const kept = async () => (await spool.instances(STUDY)).map(({ sopInstanceUid }) => sopInstanceUid).sort()
const dataSetOf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(readFileMeta(bytes)!.dataSetOffset))

describe('DICOM associations', () => {
  it('answer C-ECHO to who is on the list, and reject others', async () => {
    const port = await listen()
    expect((await tool('echoscu', port)).code).toBe(0)
    const stranger = await run('echoscu', ['-v', '-aet', 'MR2', '-aec', 'GLIA', '127.0.0.1', String(port)]).catch(
      (e) => e,
    )
    expect(stranger.stderr + stranger.stdout).toMatch(/Calling AE Title Not Recognized/)
    const wrong = await run('echoscu', ['-v', '-aet', 'MR1', '-aec', 'PACS', '127.0.0.1', String(port)]).catch((e) => e)
    expect(wrong.stderr + wrong.stdout).toMatch(/Called AE Title Not Recognized/)
    expect(log.lines.map(({ message }) => message)).toEqual([
      'an association was rejected',
      'an association was rejected',
    ])
    expect((await tool('echoscu', port)).code).toBe(0)
  })

  it.each([
    ['Implicit VR Little Endian', IMPLICIT, '-xi'],
    ['Explicit VR Little Endian', EXPLICIT, '-xe'],
    ['Deflated', DEFLATED, '-xd'],
    ['RLE Lossless', RLE, '-xr'],
    ['JPEG 2000', JPEG_2000, '-xv'],
  ])('keep objects in %s bit by bit, acknowledged', async (_, transferSyntax, option) => {
    const port = await listen()
    const series = buildSeries(3, { study: STUDY, series: `${STUDY}.1`, transferSyntax })
    const { code, said } = await tool('storescu', port, '-R', option, ...(await write(...series)))
    expect([code, said.match(/Received Store Response \(Success\)/g)?.length]).toEqual([0, 3])
    expect(await kept()).toEqual(series.map(({ sopInstanceUid }) => sopInstanceUid))
    for (const one of series) {
      const bytes = (await spool.read(one))!
      expect(readFileMeta(bytes)!.transferSyntaxUid).toBe(transferSyntax)
      // DCMTK deflates anew.
      if (transferSyntax !== DEFLATED) expect(dataSetOf(bytes).equals(dataSetOf(one.bytes))).toBe(true)
    }
    expect(audited.map(({ studyInstanceUid, user, what }) => [studyInstanceUid, user?.identifier, what])).toEqual([
      [STUDY, 'MR1', 'objects of a study received by C-STORE'],
    ])
  })

  it('take an object again without harm, and refuse another one under its UID', async () => {
    const port = await listen()
    const first = buildInstance({ study: STUDY, instance: `${STUDY}.1.1` })
    const other = buildInstance({ study: STUDY, instance: `${STUDY}.1.1`, patientName: 'Other^Name' })
    const [path] = await write(first)
    for (let n = 0; n < 2; n += 1) expect((await tool('storescu', port, path!)).said).toMatch(/Response \(Success\)/)
    await writeFile(path!, other.bytes)
    expect((await tool('storescu', port, path!)).said).toContain('Unknown Status: 0x111')
    expect(dataSetOf((await spool.read(first))!).equals(dataSetOf(first.bytes))).toBe(true)
    expect(JSON.stringify(log.lines)).not.toContain('Other')
  })

  it('refuse what finds no room with A700H, and what cannot be recorded, and keep on', async () => {
    let isFull = true
    expectRoom = async () => {
      if (isFull) throw new AppError('DISK_FULL', '12 MiB are free on the disk of receive.folder')
    }
    let isLost = false
    const audit = {
      record: async (entry: AuditEntry) => {
        if (isLost) throw new AppError('DATABASE_UNREACHABLE', 'the database did not answer')
        audited.push(entry)
      },
    }
    const port = await listen({ audit })
    const [path] = await write(buildInstance({ study: STUDY, instance: `${STUDY}.1.1` }))
    expect((await tool('storescu', port, path!)).said).toMatch(/Refused: OutOfResources|A700/i)
    expect(await kept()).toEqual([])
    ;[isFull, isLost] = [false, true]
    expect((await tool('storescu', port, path!)).said).not.toMatch(/Response \(Success\)/)
    isLost = false
    expect((await tool('storescu', port, path!)).said).toMatch(/Response \(Success\)/)
    expect(audited).toHaveLength(1)
  })

  it('run side by side, and survive who speaks no DICOM, a PDU of 4 GiB, and a caller that stores although it was rejected', async () => {
    const port = await listen()
    const studies = ['1', '2', '3'].map((n) => buildSeries(4, { study: `${STUDY}.${n}`, series: `${STUDY}.${n}.1` }))
    const sending = studies.map(async (series) => tool('storescu', port, ...(await write(...series))))
    const bad = [
      'GET / HTTP/1.1\r\n\r\n',
      '\x01\0\xff\xff\xff\xff',
      '\x04\0\0\0\0\x06\0\0\0\x02\x01\x03',
      '\x99\0\0\0\0\0',
    ]
    await Promise.all(
      bad.map(
        (text) =>
          new Promise<void>((resolve) => {
            const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(text, 'latin1')))
            socket.on('close', () => resolve()).on('error', () => undefined)
            socket.resume()
          }),
      ),
    )
    for (const { said } of await Promise.all(sending)) expect(said.match(/Response \(Success\)/g)).toHaveLength(4)
    for (const [n, series] of studies.entries())
      expect(await spool.instances(`${STUDY}.${n + 1}`)).toHaveLength(series.length)
  })

  it('speak TLS, and with an authority only with who shows its certificate', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = [
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=127.0.0.1',
      '-days',
      '2',
    ]
    execFileSync('openssl', ['req', '-x509', ...subject], { stdio: 'ignore' })
    const pem = async (path: string) => readFile(path, 'utf8')
    const port = await listen({ tls: { key: await pem(key), cert: await pem(cert), ca: await pem(cert) } })
    const secure = ['+tls', key, cert, '+cf', cert, '-aet', 'MR1', '-aec', 'GLIA', '127.0.0.1', String(port)]
    await run('echoscu', secure, { timeout: 60_000 })
    const anonymous = ['+tla', '+cf', cert, '-aet', 'MR1', '-aec', 'GLIA', '127.0.0.1', String(port)]
    await expect(run('echoscu', anonymous, { timeout: 60_000 })).rejects.toThrow()
    expect((await tool('echoscu', port)).code).not.toBe(0)
  })
})

describe('Storage Commitment', () => {
  const commit = async (port: number, listenAt: number, ...uids: string[]) => {
    const python = process.env.GLIABRIDGE_PYTHON ?? 'python3'
    const args = [COMMIT, '127.0.0.1', String(port), 'GLIA', 'MR1', String(listenAt), MR, ...uids]
    return JSON.parse((await run(python, args, { timeout: 90_000 })).stdout) as Record<string, unknown>
  }

  it('is reported in the association of the request: what is kept, and what is not', async () => {
    const port = await listen()
    const series = buildSeries(2, { study: STUDY, series: `${STUDY}.1` })
    await tool('storescu', port, ...(await write(...series)))
    const uids = series.map(({ sopInstanceUid }) => sopInstanceUid)
    expect(await commit(port, 0, ...uids)).toEqual({ status: 0, type: 1, same: true, kept: uids, failed: [] })
    expect(await commit(port, 0, ...uids, '1.2.3')).toEqual({
      status: 0,
      type: 2,
      same: true,
      kept: uids,
      failed: [['1.2.3', 0x0112]],
    })
  })

  it('is reported in an association of its own to a peer with an address', async () => {
    const listenAt = 31_000 + (process.pid % 20_000)
    const port = await listen({ peers: { MR1: { host: '127.0.0.1', port: listenAt } } })
    expect(await commit(port, listenAt, '1.2.3')).toMatchObject({ type: 2, same: true, failed: [['1.2.3', 0x0112]] })
  })
})
