// Images that are sent to the service and to nobody else: taken from clients of others, kept over kill -9, analysed, results in the PACS.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { generateStudy } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import { buildSeries } from '../support/instances.ts'
import { quietLog } from '../support/quiet-log.ts'
import { eventually, type ServiceProcess, startServiceProcess } from '../support/service-process.ts'

const run = promisify(execFile)
const STORE = new URL('./oracles/store_instances.py', import.meta.url).pathname

describe('images that are sent to the service', () => {
  let folder: string
  let servers: Servers
  let service: ServiceProcess
  let study: Awaited<ReturnType<typeof generateStudy>>
  let files: string[]
  let settings: ReturnType<typeof demoSettings> & { receive: object }
  let pacs: ImageArchive
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gliabridge-receive-'))
    study = await generateStudy({ seed: 7, size: 'small' })
    files = study.instances.map((_, n) => join(folder, `${n}.dcm`))
    for (const [n, { bytes }] of study.instances.entries()) await writeFile(files[n]!, bytes)
    servers = await openServers({ environment: {} }, folder, study.patient)
    pacs = createDicomWebClient({ url: servers.pacs.url, auth: { type: 'none' }, timeoutMs: 30_000, log: quietLog })
    const common = demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 })
    settings = { ...common, inference: { bundle: 'test/golden/inference/quick-bundle' }, receive: { stow: true } }
    service = await startServiceProcess(folder, settings)
  }, 300_000)
  afterAll(async () => {
    await service?.kill('SIGKILL')
    await servers?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const store = async (...paths: string[]) => {
    const python = process.env.GLIABRIDGE_PYTHON ?? 'python3'
    const { stdout } = await run(python, [STORE, `${service.url}/dicom-web`, 'none', ...paths], { maxBuffer: 2 ** 26 })
    return JSON.parse(stdout) as { stored: string[]; failed: [string, number][] }
  }

  it('are answered as dicomweb-client reads answers: all, some, none; again without harm', async () => {
    const [first, ...rest] = study.instances.map(({ sopInstanceUid }) => sopInstanceUid)
    expect(await store(files[0]!)).toEqual({ stored: [first], failed: [] })
    const other = buildSeries(1, { study: '1.2.840.4', series: '1.2.840.5', bodyPart: 'KNEE' })[0]!
    await writeFile(join(folder, 'other.dcm'), other.bytes)
    expect(await store(join(folder, 'other.dcm'))).toEqual({ stored: ['1.2.840.5.1'], failed: [] })
    // A study in several requests, as routers send it: the client waits no longer than twenty seconds for an answer.
    const all: string[] = []
    for (let at = 0; at < files.length; at += 40) {
      const { stored, failed } = await store(...files.slice(at, at + 40))
      expect(failed).toEqual([])
      all.push(...stored)
    }
    expect(all).toEqual([first, ...rest])
  })

  it('are taken from curl, at the address of the study too, and a foreign study is named', async () => {
    const body = join(folder, 'body')
    const part = (bytes: Uint8Array) => [
      Buffer.from('--x\r\nContent-Type: application/dicom\r\n\r\n'),
      bytes,
      Buffer.from('\r\n'),
    ]
    const foreign = buildSeries(1, { study: '1.2.840.6', series: '1.2.840.6.1' })[0]!
    await writeFile(
      body,
      Buffer.concat([...part(study.instances[0]!.bytes), ...part(foreign.bytes), Buffer.from('--x--')]),
    )
    const { stdout } = await run('curl', [
      ...['-sS', '-w', '\n%{http_code}', '-H', 'Content-Type: multipart/related; type="application/dicom"; boundary=x'],
      ...['--data-binary', `@${body}`, `${service.url}/dicom-web/studies/${study.studyInstanceUid}`],
    ])
    const [json = '', status] = stdout.split('\n')
    expect(status).toBe('202')
    const failed = JSON.parse(json)['00081198'].Value
    expect(failed).toHaveLength(1)
    expect(failed[0]['00081155'].Value).toEqual(['1.2.840.6.1.1'])
  })

  it('are analysed after a kill -9 right behind the acknowledgement; the results are in the PACS, which has no images', async () => {
    await service.kill('SIGKILL')
    service = await startServiceProcess(folder, settings)
    const record = await eventually('at rest', async () =>
      (await service.analyses()).find(({ state }) => state === 'delivered' || state === 'held'),
    )
    expect(record.hold).toBeUndefined()
    expect(record).toMatchObject({ state: 'delivered', studyInstanceUid: study.studyInstanceUid })
    const inPacs = await pacs.searchInstances(study.studyInstanceUid)
    expect(inPacs.map(({ modality }) => modality).sort()).toEqual(['DOC', 'SEG', 'SR'])
    expect(await service.analyses()).toHaveLength(1)
  })
})
