// The VEX of a release: each advisory once, bound to the components of the bill of materials, with our assessment or "in triage".
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type Assessment, type AuditReport, vexOf } from '../../scripts/release/vex.ts'

const advisory = (name: string, id: string, severity: string) => ({
  source: 7,
  name,
  title: `A hole in ${name}`,
  url: `https://github.com/advisories/${id}`,
  severity,
  range: '<2.0.0',
})
const [ONE, OTHER] = ['GHSA-2345-6789-cfgh', 'GHSA-jmpq-rvwx-2345'] as const
const audit: AuditReport = {
  auditReportVersion: 2,
  vulnerabilities: {
    deep: { name: 'deep', via: [advisory('deep', ONE, 'moderate')], nodes: ['node_modules/deep'] },
    // npm names a package that depends on it too, by the name alone.
    shallow: { name: 'shallow', via: ['deep', advisory('@scope/shallow', OTHER, 'critical')], nodes: [] },
  },
}
const bom = {
  serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
  metadata: { component: { name: 'gliabridge', version: '0.1.0' } },
  components: [
    { name: 'deep', version: '1.0.0', 'bom-ref': 'deep@1.0.0' },
    { name: 'deep', version: '1.5.0', 'bom-ref': 'deep@1.5.0' },
    { group: '@scope', name: 'shallow', version: '1.0.0', 'bom-ref': '@scope/shallow@1.0.0' },
  ],
}
const assessed: Assessment = { state: 'not_affected', justification: 'code_not_reachable', detail: 'Never called.' }

it('has each advisory with what it affects and what we found', () => {
  const { vulnerabilities, ...document } = vexOf(bom, audit, { [ONE]: assessed })
  expect(document).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', metadata: bom.metadata })
  expect(vulnerabilities).toEqual([
    expect.objectContaining({
      id: ONE,
      analysis: assessed,
      ratings: [{ severity: 'medium' }],
      affects: [
        { ref: 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#deep@1.0.0' },
        { ref: 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#deep@1.5.0' },
      ],
    }),
    expect.objectContaining({
      id: OTHER,
      analysis: expect.objectContaining({ state: 'in_triage' }),
      affects: [{ ref: 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#@scope/shallow@1.0.0' }],
    }),
  ])
})

it('is not made with an assessment of what is gone', () => {
  expect(() => vexOf(bom, { ...audit, vulnerabilities: {} }, { [ONE]: assessed })).toThrow(ONE)
})

it('has assessments that say what CycloneDX knows', () => {
  const kept: Record<string, Assessment> = JSON.parse(
    readFileSync(new URL('../../deploy/vex.json', import.meta.url), 'utf8'),
  )
  for (const [id, { state, justification, detail }] of Object.entries(kept)) {
    expect(id).toMatch(/^(GHSA-|npm-)/)
    expect(['resolved', 'exploitable', 'in_triage', 'false_positive', 'not_affected']).toContain(state)
    expect(state === 'not_affected').toBe(justification !== undefined)
    expect(detail).not.toBe('')
  }
})
