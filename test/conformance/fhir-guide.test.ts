// The implementation guide: what we post keeps it, what breaks a rule is found, and the committed files are what the code says.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Communication, DiagnosticReport, Observation, Resource, RiskAssessment, Task } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { conceptMap } from '../../conformance/fhir-guide/concept-map.ts'
import { definitions, implementationGuide } from '../../conformance/fhir-guide/guide.ts'
import { PROFILES, profileOf } from '../../conformance/fhir-guide/profiles.ts'
import { CODE_SYSTEMS } from '../../conformance/fhir-guide/terminology.ts'
import { literalReferences, validate } from '../../demo/ehr/validate.ts'
import { pdfBinary } from '../../src/fhir/resources/attachment.ts'
import { MEASUREMENT_SYSTEM, PREDICTION_SYSTEM, VALUE_SYSTEM } from '../../src/fhir/resources/codes.ts'
import { buildReport } from '../support/built-report.ts'
import { examples, guideFiles, snapshotOf } from '../support/fhir-guide.ts'
import { profileErrors } from '../support/fhir-profiles.ts'
import { LESIONS, sampleReport } from '../support/fhir-report.ts'

const folder = fileURLToPath(new URL('../../docs/conformance/fhir', import.meta.url))
const ORDER = { reference: 'ServiceRequest/r1', encounter: 'Encounter/e1', requester: 'Practitioner/d1' }
const { resources, anchor } = buildReport(sampleReport({ diameters: LESIONS }), ORDER)
const posted: [string, Resource][] = [...resources, ['anchor', anchor], ['binary', pdfBinary(sampleReport())]]

/** A copy with one change. */
function changed<T extends Resource>(role: string, change: (resource: T) => void): T {
  const copy = structuredClone(resources.get(role)) as T
  change(copy)
  return copy
}

const errorsOf = (resource: Resource) => profileErrors(resource, profileOf(resource)!).join('\n')

describe('what we post', () => {
  it.each(posted)('%s keeps its profile', (_role, resource) => {
    expect(profileErrors(resource, profileOf(resource)!)).toEqual([])
  })

  it('a report of nothing known keeps the profiles too', () => {
    const { study } = sampleReport().result
    const empty = sampleReport({
      study: { ...study, accessionNumber: '', studyDate: '', studyTime: '', studyDescription: '' },
      measurements: [],
      predictions: [{ head: 'survival', status: 'not-evaluable', reason: 'No model.' }],
      noFinding: true,
    })
    for (const resource of buildReport(empty).resources.values()) {
      expect(profileErrors(resource, profileOf(resource)!), resource.resourceType).toEqual([])
    }
  })

  it('uses only codes that the guide defines, with their displays', () => {
    const displays = new Map(
      CODE_SYSTEMS.flatMap(({ url, concept }) =>
        (concept ?? []).map(({ code, display }): [string, string | undefined] => [`${url}|${code}`, display]),
      ),
    )
    const systems = [PREDICTION_SYSTEM, VALUE_SYSTEM, MEASUREMENT_SYSTEM]
    let seen = 0
    JSON.stringify([...resources.values()], (_key, value) => {
      if (systems.includes(value?.system)) {
        expect(displays.get(`${value.system}|${value.code}`), `${value.code}`).toBe(value.display)
        seen++
      }
      return value
    })
    expect(seen).toBeGreaterThan(10)
  })
})

describe('a profile finds', () => {
  const breaches: [string, string, () => Resource][] = [
    ['a missing AI label', 'gb-ai', () => changed('device', (r) => delete r.meta!.security)],
    [
      'a laboratory code on a prediction',
      'gb-no-lab',
      () =>
        changed<Observation>('observation.mgmt', (r) =>
          r.code.coding!.push({ system: 'http://loinc.org', code: '64083-9' }),
        ),
    ],
    [
      'a class beside "indeterminate"',
      'gb-prediction-1',
      () => changed<Observation>('observation.1p19q', (r) => Object.assign(r, { valueCodeableConcept: { text: 'x' } })),
    ],
    [
      'an answer without probabilities',
      'gb-prediction-2',
      () => changed<Observation>('observation.idh', (r) => delete r.component),
    ],
    [
      'a probability in percent',
      'gb-prediction-3',
      () =>
        changed<Observation>('observation.idh', (r) => Object.assign(r.component![0]!.valueQuantity!, { value: 91.3 })),
    ],
    [
      'an interval of no class',
      'gb-prediction-4',
      () =>
        changed<Observation>('observation.idh', (r) =>
          Object.assign(r.component![1]!, { code: { coding: [{ code: 'other' }] } }),
        ),
    ],
    [
      'a prediction that does not say it is no test of tissue',
      'gb-prediction-6',
      () => changed<Observation>('observation.idh', (r) => Object.assign(r, { note: [{ text: 'x' }] })),
    ],
    [
      'a prediction of something unknown',
      'not in',
      () =>
        changed<Observation>('observation.idh', (r) => Object.assign(r.code.coding![0]!, { code: 'predicted-atrx' })),
    ],
    [
      'a volume in another unit',
      'Observation.value[x]: Value did not match',
      () =>
        changed<Observation>('observation.volume.ET', (r) => Object.assign(r.valueQuantity!, { unit: 'L', code: 'L' })),
    ],
    [
      'a volume that hides its uncertainty',
      'gb-volume-2',
      () => changed<Observation>('observation.volume.WT', (r) => delete r.valueQuantity!.extension),
    ],
    [
      'a diameter in cm',
      'gb-diameters-2',
      () =>
        changed<Observation>('observation.diameters.1', (r) =>
          Object.assign(r.component![0]!.valueQuantity!, { value: 4.1, unit: 'cm', code: 'cm' }),
        ),
    ],
    [
      'a lesion with one axis twice',
      'gb-diameters-2',
      () =>
        changed<Observation>('observation.diameters.2', (r) =>
          Object.assign(r.component![1]!, { code: r.component![0]!.code }),
        ),
    ],
    [
      'a survival probability as a fraction of its interval only',
      'gb-survival-2',
      () =>
        changed<RiskAssessment>('riskAssessment', (r) => Object.assign(r.prediction![0]!, { probabilityDecimal: 171 })),
    ],
    [
      'a report without its HTML form',
      'gb-report-2',
      () => changed<DiagnosticReport>('diagnosticReport', (r) => r.presentedForm!.pop()),
    ],
    [
      'a preliminary report that does not say so',
      'gb-report-3',
      () => changed<DiagnosticReport>('diagnosticReport', (r) => Object.assign(r, { conclusion: 'Glioma.' })),
    ],
    [
      'a final report that nobody interpreted',
      'gb-report-4',
      () => changed<DiagnosticReport>('diagnosticReport', (r) => Object.assign(r, { status: 'final' })),
    ],
    [
      'a Device without the digest of its weights',
      'gb-device-2',
      () => changed('device', (r) => (r as { version: unknown[] }).version.pop()),
    ],
    [
      'a Provenance without model card',
      'gb-provenance-4',
      () => changed('provenance', (r) => (r as { entity: unknown[] }).entity.pop()),
    ],
    [
      'a notice that says what was found',
      'gb-notice-1',
      () =>
        changed<Communication>('communication', (r) =>
          Object.assign(r.payload![0]!, { contentString: `${r.payload![0]!.contentString} 61.2 mL.` }),
        ),
    ],
    ['a notice to nobody', 'recipient', () => changed<Communication>('communication', (r) => delete r.recipient)],
    [
      'a task that says what was found',
      'gb-task-1',
      () => changed<Task>('task', (r) => Object.assign(r, { description: 'Review: IDH-mutant.' })),
    ],
    ['a task for nobody', 'owner', () => changed<Task>('task', (r) => delete r.owner)],
  ]

  it.each(breaches)('%s (%s)', (_what, key, broken) => expect(errorsOf(broken())).toContain(key))
})

describe('the guide', () => {
  it('is what the code says: run node bin/run.mjs conformance/fhir-guide/write.ts after a change', () => {
    const committed = readdirSync(join(folder, 'package'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    const files = guideFiles()
    expect(committed.toSorted()).toEqual([...files.keys()].toSorted())
    for (const [path, content] of files) expect(readFileSync(join(folder, path), 'utf8'), path).toBe(content)
  })

  it('consists of valid R4 resources', () => {
    for (const resource of [...definitions(), implementationGuide(examples())]) {
      expect(() => validate(resource), resource.id).not.toThrow()
    }
    for (const { resource } of examples()) expect(() => validate(resource), resource.id).not.toThrow()
  })

  it('names elements in the order of the base, as generators of snapshots want it', () => {
    for (const profile of PROFILES) {
      const order = snapshotOf(profile).snapshot!.element.map(({ path }) => path!)
      const places = profile.rules.map(({ path }) => order.indexOf(path))
      expect(places, profile.id).toEqual(places.toSorted((a, b) => a - b))
      expect(new Set(places).size, profile.id).toBe(places.length)
    }
  })

  it('has a unique key for every rule', () => {
    const keys = definitions().flatMap((resource) =>
      resource.resourceType === 'StructureDefinition'
        ? [...new Set((resource.differential?.element ?? []).flatMap((e) => (e.constraint ?? []).map((c) => c.key!)))]
        : [],
    )
    const shared = ['gb-ai', 'gb-no-lab', 'gb-imaging']
    const own = keys.filter((key) => !shared.includes(key))
    expect(new Set(own).size).toBe(own.length)
  })

  it('has examples of every profile, whose references are all there', () => {
    const shown = examples()
    const profiles = definitions().filter((d) => d.resourceType === 'StructureDefinition' && d.type !== 'Extension')
    expect(new Set(shown.flatMap(({ profile }) => profile ?? []))).toEqual(
      new Set(profiles.map((profile) => (profile as { url: string }).url)),
    )
    const ids = new Set(shown.map(({ resource }) => `${resource.resourceType}/${resource.id}`))
    for (const { resource } of shown)
      for (const reference of literalReferences(resource)) expect(ids).toContain(reference)
  })

  it('maps nothing as equivalent to a test of tissue, and says why on every line', () => {
    const targets = (conceptMap.group ?? []).flatMap(({ element }) => element.flatMap(({ target }) => target ?? []))
    expect(targets.length).toBeGreaterThan(5)
    expect(new Set(targets.map(({ equivalence }) => equivalence))).toEqual(new Set(['relatedto']))
    for (const { comment } of targets) expect(comment).toBeTruthy()
  })

  it('is introduced by a page that names every definition', () => {
    const page = readFileSync(join(folder, 'README.md'), 'utf8')
    for (const { resourceType, id } of definitions()) expect(page).toContain(`package/${resourceType}-${id}.json`)
  })
})
