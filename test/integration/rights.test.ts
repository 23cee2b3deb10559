// The rights that the install guide lists are enough and none too many: the service works behind gates that allow nothing else, in front of a real
// Orthanc and of the embedded EHR, and uses each. Medplum's own code judges its access policy by the same table.
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { accessPolicySupportsInteraction, type WithId } from '@medplum/core'
import type { AccessPolicy, Resource, ResourceType } from '@medplum/fhirtypes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { demoPatient, startDemoEhr } from '../../demo/ehr/ehr-server.ts'
import { generateStudy } from '../../demo/phantom/study.ts'
import { IDENTIFIER_SYSTEM } from '../../demo/servers.ts'
import { outcomeOf } from '../../src/cli/checks/check.ts'
import { checkEhr } from '../../src/cli/checks/ehr.ts'
import { checkArchive } from '../../src/cli/checks/pacs.ts'
import { compose, type Service } from '../../src/compose.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { Review } from '../../src/domain/review.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import type { Settings } from '../../src/settings/schema.ts'
import { createClinicalRecord } from '../support/clinical-record.ts'
import { recordOptions, sampleReport } from '../support/fhir-report.ts'
import { startOrthanc, type TestOrthanc } from '../support/orthanc.ts'
import { quietLog } from '../support/quiet-log.ts'
import { fhirRights, type Gate, startGate } from '../support/rights-gate.ts'
import { startSampleEhr } from '../support/sample-ehr.ts'
import { eventually } from '../support/service-process.ts'

const BUNDLE = fileURLToPath(new URL('../golden/inference/quick-bundle', import.meta.url))
const guide = await readFile(fileURLToPath(new URL('../../docs/install.md', import.meta.url)), 'utf8')
const section = (heading: string) => guide.split(`### ${heading}\n`)[1]!.split('\n##')[0]!

/** The table of the guide: "read Patient", "create Observation" … */
const GRANTED = new Set(
  section('What is read and written')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| resource'))
    .flatMap((line) => {
      const [types = '', ...columns] = line
        .split('|')
        .slice(1)
        .map((cell) => cell.trim())
      const named = [...types.matchAll(/[A-Z][A-Za-z]+/g)].map(([type]) => type)
      return ['read', 'create', 'update'].flatMap((right, column) => {
        const cell = columns[column] ?? ''
        const only = named.filter((type) => cell.includes(type))
        return cell === '' ? [] : (only.length > 0 ? only : named).map((type) => `${right} ${type}`)
      })
    }),
)
/** Rights of settings that the run below does not have: treatment codes, the board (List, CarePlan), Consent and Procedure by code, what is told to the orderer. */
const BY_SETTING = /Medication|List|Consent|Procedure|CarePlan|Communication|Task/

/** "GET /dicom-web/studies*" as the Orthanc section writes it. */
const ORTHANC = [...section('Orthanc').matchAll(/`(GET|POST) \/dicom-web(\/[^`]*)`/g)].map(([, method, path]) => ({
  right: `${method} ${path}`,
  method: method!,
  pattern: new RegExp(`^${path!.replace('*', '(/|\\?|$).*').replace('{uid}', '[\\d.]+')}$`),
}))
const dicomRights = ({ method, path }: { method: string; path: string }) => [
  ORTHANC.find((one) => one.method === method && one.pattern.test(path))?.right ?? `${method} ${path}`,
]

let folder: string
let orthanc: TestOrthanc
let ehr: Awaited<ReturnType<typeof startDemoEhr>>
let sample: Awaited<ReturnType<typeof startSampleEhr>>
let [pacsGate, ehrGate, sampleGate] = [] as unknown as [Gate, Gate, Gate]
let service: Service
let settings: Settings
let url: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-rights-'))
  orthanc = await startOrthanc()
  const study = await generateStudy({ seed: 7, size: 'small' })
  const patient = { ...demoPatient(study.patient, IDENTIFIER_SYSTEM), id: 'p1' }
  ehr = await startDemoEhr({ contents: [patient, ...orderOf(study.study.accessionNumber)] })
  sample = await startSampleEhr()
  const isGranted = (right: string) => GRANTED.has(right)
  pacsGate = await startGate(orthanc.url, dicomRights, (right) => ORTHANC.some((one) => one.right === right))
  ehrGate = await startGate(ehr.url, fhirRights, isGranted)
  sampleGate = await startGate(sample.url, fhirRights, isGranted)
  const { username } = orthanc
  const auth = { type: 'basic' as const, username, password: { env: 'PASSWORD' } }
  const servers = {
    pacs: { url: pacsGate.url, auth: { type: 'none' as const } },
    ehr: { url: ehrGate.url, auth: { type: 'none' as const }, identifierSystem: IDENTIFIER_SYSTEM },
    close: async () => {},
  }
  const raw = demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 })
  settings = parseSettings(
    {
      ...raw,
      inference: { bundle: BUNDLE },
      pacs: { ...raw.pacs, auth },
      ehr: { ...raw.ehr, images: { keyImages: true } },
    },
    { PASSWORD: orthanc.password },
  )
  const direct = { ...settings.pacs, url: orthanc.url, log: quietLog }
  await createDicomWebClient(direct).store(study.studyInstanceUid, study.instances)
  service = await compose(settings, { log: quietLog })
  url = (await service.start({ watch: true, http: true })).url!
}, 300_000)
afterAll(async () => {
  await service?.stop()
  await Promise.all([pacsGate, ehrGate, sampleGate, ehr, sample, orthanc].map((one) => one?.close()))
  await rm(folder, { recursive: true, force: true })
})

function orderOf(accessionNumber: string): WithId<Resource>[] {
  const subject = { reference: 'Patient/p1' }
  const code = { text: 'MRI of the head' }
  return [
    { resourceType: 'Encounter', id: 'e1', status: 'finished', class: { code: 'IMP' }, subject },
    {
      resourceType: 'ServiceRequest',
      id: 'r1',
      status: 'active',
      intent: 'order',
      identifier: [{ value: accessionNumber }],
      code,
      subject,
      encounter: { reference: 'Encounter/e1' },
    },
  ]
}

describe('behind gates that let through what the install guide grants', () => {
  it('a study is analysed, delivered and accepted', async () => {
    const record = await eventually('the study at rest', async () =>
      (await service.store.analyses.list({ limit: 5 })).find(({ state }) => state === 'delivered' || state === 'held'),
    )
    expect([record.state, record.hold?.message, pacsGate.refused(), ehrGate.refused()]).toEqual([
      'delivered',
      undefined,
      [],
      [],
    ])
    const reviewer = { identifier: 'P-77', name: 'Nine^Dora' }
    const accepted = await fetch(`${url}/api/analyses/${record.analysisId}/review`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({ decision: 'accept', version: 0, reviewer }),
    })
    expect(accepted.status).toBe(201)
    await eventually('the review delivered', async () => {
      const [review] = await service.store.reviews.list(record.analysisId)
      return review?.deliveries.every(({ state }) => state === 'done') || undefined
    })
  })

  it('a report with every kind of resource is written and reviewed, on each rung', async () => {
    const report = sampleReport()
    const decision: Review = {
      reviewId: 'r1',
      analysisId: report.result.analysisId,
      number: 1,
      at: '2026-03-02T10:11:12.000Z',
      decision: 'accept',
      reviewer: { identifier: 'P-77', name: 'Nine^Dora' },
      edits: [],
    }
    for (const rung of ['transaction', 'single'] as const) {
      const record = createClinicalRecord({ ...recordOptions(sampleGate.url), write: { rung } })
      await record.postReport(report)
      await record.postReview!(report, decision, { pdf: new TextEncoder().encode('%PDF-1.7 1'), dicomResults: [] })
    }
    expect(sampleGate.refused()).toEqual([])
  })

  it('check-config --write works too, and says what stays where nothing may be removed', async () => {
    const pacs = await outcomeOf({
      name: 'p',
      run: () => checkArchive(settings, 'UTC', { write: true, log: quietLog }),
    })
    expect([pacs.ok, pacs.lines.at(-1)]).toEqual([true, expect.stringContaining('a note rejects it')])
    const record = await outcomeOf({ name: 'e', run: () => checkEhr(settings, { write: true }) })
    expect([record.ok, record.lines.join('\n')]).toEqual([
      true,
      expect.stringContaining('stays, marked entered-in-error'),
    ])
    for (const right of [...pacsGate.refused(), ...ehrGate.refused()]) expect(right).toMatch(/^delete /i)
  })

  it('no right is granted that is not used', () => {
    const used = new Set([...ehrGate.used(), ...sampleGate.used()])
    expect([...GRANTED].filter((right) => !BY_SETTING.test(right) && !used.has(right))).toEqual([])
    expect(pacsGate.used()).toEqual(ORTHANC.map(({ right }) => right).sort())
  })
})

it("Medplum's access policy in the guide grants what the table grants, by Medplum's own judgement, and nothing else", () => {
  const policy = JSON.parse(/```json\n([\s\S]*?)\n```/.exec(section('Medplum'))![1]!) as AccessPolicy
  const types = new Set(policy.resource!.map(({ resourceType }) => resourceType as ResourceType))
  const granted = [...types].flatMap((type) =>
    (['read', 'create', 'update'] as const)
      .filter((right) => accessPolicySupportsInteraction(policy, right, type))
      .map((right) => `${right} ${type}`),
  )
  expect(granted.sort()).toEqual([...GRANTED].sort())
  for (const type of types) expect(accessPolicySupportsInteraction(policy, 'delete', type)).toBe(false)
})
