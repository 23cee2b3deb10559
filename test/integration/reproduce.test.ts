// The time machine: an analysis is made again from the archive, which holds its results by now, with the same bytes; and it says so when it cannot be.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { generateStudy } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { compose, type Service } from '../../src/compose.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { quietLog } from '../support/quiet-log.ts'

/** Quick: what is asked here is the same of every bundle. */
const BUNDLE = fileURLToPath(new URL('../golden/inference/quick-bundle', import.meta.url))

let folder: string
let servers: Servers
let service: Service
let record: AnalysisRecord

async function open(change: { institution?: string } = {}): Promise<Service> {
  const raw = demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 })
  const institution = { name: change.institution ?? raw.institution.name }
  return compose(parseSettings({ ...raw, institution, inference: { bundle: BUNDLE } }, {}), { log: quietLog })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-reproduce-'))
  const study = await generateStudy({ seed: 11, size: 'small' })
  servers = await openServers({ environment: {} }, folder, study.patient)
  service = await open()
  await service.start({ watch: false, http: false })
  await service.archive.store(study.studyInstanceUid, study.instances)
  record = await service.settled(await service.submit(study.studyInstanceUid))
  expect(record.hold).toBeUndefined()
}, 900_000)
afterAll(async () => {
  await service?.stop()
  await servers?.close()
  await rm(folder, { recursive: true, force: true })
})

it('comes out byte for byte, and leaves the record alone', async () => {
  const before = await service.store.analyses.events(record.analysisId)
  const { reproduced, artifacts, reasons, versions } = await service.reproduce(record.analysisId)
  expect(reasons).toEqual([])
  // The result itself states the seconds and the memory of its run.
  const others = artifacts.filter(({ outcome }) => outcome !== 'equal')
  expect(others).toEqual([expect.objectContaining({ role: 'result', outcome: 'measured' })])
  expect(artifacts.map(({ role }) => role)).toEqual(expect.arrayContaining(['pdf', 'report', 'segmentation']))
  expect(versions.every((one) => one.before === one.now)).toBe(true)
  expect(reproduced).toBe(true)
  expect(await service.store.analyses.events(record.analysisId)).toEqual(before)
  await expect(service.reproduce('0'.repeat(32))).rejects.toMatchObject({ code: 'NOT_FOUND' })
}, 600_000)

it('says that the settings of the site are others', async () => {
  await service.stop()
  service = await open({ institution: 'Another hospital' })
  const { reproduced, artifacts, reasons } = await service.reproduce(record.analysisId)
  expect(reproduced).toBe(false)
  const outcomes = Object.fromEntries(artifacts.map(({ role, outcome }) => [role, outcome]))
  expect(outcomes).toMatchObject({ result: 'measured', segmentation: 'equal', pdf: 'different' })
  expect(reasons).toEqual([expect.stringContaining('institution.name')])
}, 600_000)
