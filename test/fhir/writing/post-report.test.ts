// The write path on a server in memory: each way of writing brings the EHR to one whole report, and leaves alone what a person signed.
import type { DiagnosticReport, Observation, Resource } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../src/domain/errors.ts'
import { reportSet } from '../../../src/fhir/resources/report-set.ts'
import { CAN_ALL, type Capabilities, type WriteMode } from '../../../src/fhir/writing/capability.ts'
import { createMemoryLedger } from '../../../src/fhir/writing/ledger.ts'
import { acceptedTypes, type PostEffects, postReport, withNote } from '../../../src/fhir/writing/post-report.ts'
import { ANALYSIS_SYSTEM, sampleReport } from '../../support/fhir-report.ts'
import { createMemoryRecordStore } from '../../support/memory-record-store.ts'

const NOW = new Date('2026-03-01T03:00:00Z')
const ROLES = ((set) => [...set.shared, set.anchor, ...set.rest].map(({ role }) => role))(
  reportSet(sampleReport(), ANALYSIS_SYSTEM),
)

function effectsOf(
  mode: WriteMode = 'transaction',
  store = createMemoryRecordStore(),
  can: Partial<Capabilities> = {},
) {
  const warnings: unknown[] = []
  const effects: PostEffects = {
    site: {
      store,
      ledger: createMemoryLedger(() => NOW),
      capabilities: { ...CAN_ALL, ...can },
      baseUrl: 'https://ehr.example/fhir',
      patient: 'Patient/12',
    },
    mode,
    orders: { notify: 'none' },
    log: { info: () => {}, warn: (fields) => void warnings.push(fields), error: () => {} },
    now: () => NOW,
    sleep: async () => undefined,
    random: () => 0.5,
  }
  return { store, warnings, post: () => postReport(effects, sampleReport(), ANALYSIS_SYSTEM) }
}

const only = <T extends Resource>(resources: Map<string, Resource>, type: T['resourceType']): T => {
  const all = [...resources.values()].filter((one): one is T => one.resourceType === type)
  expect(all).toHaveLength(1)
  return all[0]!
}

describe('posting a report', () => {
  it.each<WriteMode>(['transaction', 'single'])('%s: writes each resource once, and nothing again', async (mode) => {
    const { store, post } = effectsOf(mode)
    const receipt = await post()
    expect(Object.keys(receipt).sort()).toEqual(['patient', ...ROLES].sort())
    expect(store.resources.size).toBe(ROLES.length)
    const before = [...store.writes]
    expect(await post()).toEqual(receipt)
    expect(store.writes).toEqual(before)
  })

  it('refers from the report to what was written, and to the patient', async () => {
    const { store, post } = effectsOf()
    const receipt = await post()
    const report = only<DiagnosticReport>(store.resources, 'DiagnosticReport')
    expect(report).toMatchObject({ status: 'preliminary', subject: { reference: 'Patient/12' } })
    const observations = ROLES.filter((role) => role.startsWith('observation.')).map((role) => receipt[role])
    expect(report.result?.map(({ reference }) => reference)).toEqual(observations)
  })

  it('writes one resource after the other where there are no transactions: the report before what speaks of it', async () => {
    const { store, post } = effectsOf('single')
    await post()
    const types = store.writes.map((write) => write.split(' ')[1])
    expect(types.at(-1)).toBe('Provenance')
    expect(types.lastIndexOf('DiagnosticReport')).toBeGreaterThan(types.lastIndexOf('Observation'))
  })

  it('sends the document alone where the server takes nothing else', async () => {
    const { store, post } = effectsOf('document')
    expect(Object.keys(await post())).toEqual(['patient', 'documentReference'])
    expect(store.writes).toEqual(['create DocumentReference'])
  })

  it('leaves everything as it is once a person has signed', async () => {
    const { store, post } = effectsOf()
    await post()
    const signed = { ...only<DiagnosticReport>(store.resources, 'DiagnosticReport'), status: 'final' as const }
    const value = [...store.resources.values()].find((one): one is Observation => one.resourceType === 'Observation')!
    store.put(signed)
    store.resources.delete(`Observation/${value.id}`)
    const before = [...store.writes]
    await post()
    expect(store.writes).toEqual(before)
  })

  it('completes what is missing and mends what says something else', async () => {
    const { store, post } = effectsOf()
    await post()
    const [first, second] = [...store.resources.values()].filter(
      (one): one is Observation => one.resourceType === 'Observation',
    )
    store.put({ ...first!, valueQuantity: { value: 1, unit: 'mL' } })
    store.resources.delete(`Observation/${second!.id}`)
    store.writes.length = 0
    await post()
    // What refers to the new one is written with its new reference.
    const referring = ['update DiagnosticReport', 'update Provenance', 'update RiskAssessment']
    expect(store.writes.toSorted()).toEqual(['create Observation', 'update Observation', ...referring].sort())
    expect(store.resources.get(`Observation/${first!.id}`)).toMatchObject({ valueQuantity: first!.valueQuantity })
  })

  it('looks again after an answer that was lost, and finds what was done', async () => {
    const store = createMemoryRecordStore()
    const { transact } = store
    let lost = false
    store.transact = async (entries) => {
      const places = await transact(entries)
      if (lost) return places
      lost = true
      throw new AppError('EHR_AMBIGUOUS', 'no answer')
    }
    const { post } = effectsOf('transaction', store)
    await post()
    expect(store.resources.size).toBe(ROLES.length)
  })

  it('looks again when another writer came first, and doubles nothing', async () => {
    const store = createMemoryRecordStore()
    const { transact } = store
    const other = effectsOf('transaction', store)
    let first = true
    store.transact = async (entries) => {
      if (first) {
        first = false
        await other.post()
      }
      return transact(entries)
    }
    const { post } = effectsOf('transaction', store)
    await post()
    expect(store.resources.size).toBe(ROLES.length)
  })

  it('ends, and says which, when the server keeps elements in another form', async () => {
    const withoutConclusion = (resource: Resource) => {
      const { conclusion: _, ...kept } = resource as DiagnosticReport
      return kept as Resource
    }
    const { warnings, post } = effectsOf('transaction', createMemoryRecordStore(withoutConclusion))
    expect(Object.keys(await post())).toContain('diagnosticReport')
    expect(warnings).toEqual([
      expect.objectContaining({ elements: expect.stringContaining('diagnosticReport.conclusion') }),
    ])
  })

  it('stops at a report of this study that belongs to another patient', async () => {
    const { store, post } = effectsOf()
    await post()
    const report = only<DiagnosticReport>(store.resources, 'DiagnosticReport')
    store.put({ ...report, subject: { reference: 'Patient/13' } })
    await expect(post()).rejects.toMatchObject({ code: 'PATIENT_MISMATCH' })
  })
})

describe('what the server is to get', () => {
  it('is everything that it creates, or the document alone', () => {
    const creates = (type: string) => type !== 'RiskAssessment'
    const types = ['Observation', 'RiskAssessment', 'DocumentReference'] as const
    const single = acceptedTypes('single', { ...CAN_ALL, creates })
    expect(types.filter(single)).toEqual(['Observation', 'DocumentReference'])
    expect(types.filter(acceptedTypes('document', CAN_ALL))).toEqual(['DocumentReference'])
  })

  it('tells in the report what came to light only now', () => {
    const report = sampleReport()
    expect(withNote(report, undefined)).toBe(report)
    const note = { severity: 'note', text: 'two orders have this accession number' } as never
    expect(withNote(report, note).result.quality).toEqual([...report.result.quality, note])
  })
})
