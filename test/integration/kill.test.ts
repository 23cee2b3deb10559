// kill -9 at nine moments of an analysis, one after the other: the same SEG, one report, nothing stuck.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { generateStudy } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { AnalysisEvent } from '../../src/domain/analysis.ts'
import { createRecordStore } from '../../src/fhir/connection/client.ts'
import { quietLog } from '../support/quiet-log.ts'
import { eventually, type ServiceProcess, startServiceProcess } from '../support/service-process.ts'

/** Quick: what is asked here is the same of every bundle, and an analysis begins anew after every kill. */
const BUNDLE = fileURLToPath(new URL('../golden/inference/quick-bundle', import.meta.url))

/** Where the service is killed: at the first sight of each of these in the history, in this order. */
const KILL_AT: [string, (event: AnalysisEvent) => boolean][] = [
  ['registered', (event) => event.kind === 'state'],
  ...['identify', 'select', 'retrieve', 'prepare', 'segment', 'encode'].map(
    (step): [string, (event: AnalysisEvent) => boolean] => [
      step,
      (event) => event.kind === 'step' && event.data?.step === step,
    ],
  ),
  ['analysed', (event) => event.kind === 'state' && event.data?.to === 'analysed'],
  ['the first leg', (event) => event.kind === 'leg'],
]

describe('kill -9 between any two steps', () => {
  let folder: string
  let servers: Servers
  let service: ServiceProcess | undefined
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gliabridge-kill-'))
  })
  afterAll(async () => {
    await service?.kill('SIGKILL')
    await servers?.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('ends with one SEG of the expected UID, one PDF and one report', async () => {
    const study = await generateStudy({ seed: 7, size: 'small' })
    servers = await openServers({ environment: {} }, folder, study.patient)
    const archive = createDicomWebClient({
      url: servers.pacs.url,
      auth: { type: 'none' },
      timeoutMs: 30_000,
      log: quietLog,
    })
    await archive.store(study.studyInstanceUid, study.instances)
    const raw = demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 })
    const settings = { ...raw, inference: { bundle: BUNDLE } }

    const killed: string[] = []
    for (const [name, isThere] of KILL_AT) {
      const born = new Date().toISOString()
      service = await startServiceProcess(folder, settings)
      await eventually(name, async () => {
        const [record] = (await service?.analyses()) ?? []
        if (!record) return undefined
        const events = (await service?.events(record.analysisId)) ?? []
        // A step is taken in each life of the process, and counts in this one; a state and a leg come once for all.
        return events.some((event) => (event.kind !== 'step' || event.at >= born) && isThere(event)) ? true : undefined
      })
      await service.kill('SIGKILL')
      killed.push(name)
    }
    expect(killed).toHaveLength(KILL_AT.length)

    service = await startServiceProcess(folder, settings)
    const record = await eventually('delivered', async () =>
      (await service?.analyses())?.find((analysis) => analysis.state === 'delivered' || analysis.state === 'held'),
    )
    expect(record.hold).toBeUndefined()
    expect(record.state).toBe('delivered')
    expect(await service.analyses()).toHaveLength(1)

    const instances = await archive.searchInstances(study.studyInstanceUid)
    const segs = instances.filter((instance) => instance.modality === 'SEG')
    expect(segs).toHaveLength(1)
    expect(segs[0]!.sopInstanceUid).toBe(record.legs.find((leg) => leg.leg === 'pacs')?.receipt?.segmentation)
    expect(instances.filter((instance) => instance.modality === 'DOC')).toHaveLength(1)
    expect(instances.filter((instance) => instance.modality === 'SR')).toHaveLength(1)
    expect(instances).toHaveLength(study.instances.length + 3)

    const ehr = createRecordStore({ url: servers.ehr.url, auth: { type: 'none' }, timeoutMs: 30_000 })
    const token = `${settings.ehr.analysisSystem}|${record.analysisId}`
    expect(await ehr.search('DiagnosticReport', 'identifier', [token])).toHaveLength(1)
  })
})
