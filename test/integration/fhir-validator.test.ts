// Our guide, and what we post, before HL7's own Java validator (through HAPI FHIR): base R4 with bindings, and our profiles.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DiagnosticReport, Observation } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { definitions, implementationGuide } from '../../conformance/fhir-guide/guide.ts'
import { examples } from '../support/fhir-guide.ts'
import { HOW_TO_INSTALL, hapiJars, KNOWN_ERRORS, KNOWN_WARNINGS, validateFolder } from '../support/hapi.ts'

const jars = hapiJars()
const definitionsFolder = new URL('../../docs/conformance/fhir/package', import.meta.url).pathname

/** Resources that must fail, so that silence means something: file → the rule that finds it. */
function wrong(): Record<string, [content: unknown, finds: RegExp]> {
  const byId = new Map(examples().map(({ resource }) => [resource.id, resource]))
  const report = byId.get('diagnosticReport') as DiagnosticReport
  const idh = byId.get('observation-idh') as Observation
  const loinc = { system: 'http://loinc.org', code: '64083-9' }
  return {
    'wrong-status.json': [{ ...report, status: 'banana' }, /banana/],
    'wrong-form.json': [{ ...report, presentedForm: report.presentedForm!.slice(0, 1) }, /gb-report-2/],
    'wrong-final.json': [{ ...report, status: 'final' }, /gb-report-4/],
    'wrong-code.json': [{ ...idh, code: { coding: [...idh.code.coding!, loinc] } }, /gb-no-lab/],
    'wrong-prediction.json': [{ ...idh, code: { text: 'IDH' } }, /imaging-prediction/],
    'wrong-probability.json': [
      { ...idh, component: [{ ...idh.component![0]!, valueQuantity: { value: 91.3, unit: '1' } }] },
      /gb-prediction-3/,
    ],
  }
}

describe("HL7's validator", () => {
  it.skipIf(!jars)(`finds no error in definitions and examples, and every breach (${HOW_TO_INSTALL})`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gliabridge-fhir-'))
    try {
      const right = [...definitions(), implementationGuide(examples()), ...examples().map(({ resource }) => resource)]
      const breaches = wrong()
      for (const resource of right) {
        await writeFile(join(folder, `${resource.resourceType}-${resource.id}.json`), JSON.stringify(resource))
      }
      for (const [name, [content]] of Object.entries(breaches)) {
        await writeFile(join(folder, name), JSON.stringify(content))
      }
      const { files, messages } = await validateFolder(jars!, definitionsFolder, folder)
      expect(files).toBe(right.length + Object.keys(breaches).length)
      const errors = messages.filter(([severity]) => severity !== 'WARNING')
      for (const [name, [, finds]] of Object.entries(breaches)) {
        expect(errors.filter(([, file]) => file === name).join('\n'), name).toMatch(finds)
      }
      const unexpected = errors.filter(
        ([, file, , text]) => !file!.startsWith('wrong-') && !KNOWN_ERRORS.some((known) => known.test(text!)),
      )
      expect(unexpected).toEqual([])
      const shown = examples().map(({ resource }) => `${resource.resourceType}-${resource.id}.json`)
      const remarks = messages.filter(
        ([severity, file, , text]) =>
          severity === 'WARNING' && shown.includes(file!) && !KNOWN_WARNINGS.some((known) => known.test(text!)),
      )
      expect(remarks).toEqual([])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
