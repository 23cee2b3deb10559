// The change since an earlier study in the EHR: components with their error, the category with what it leaves out, profiles kept.
import type { DiagnosticReport, Observation } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { profileOf } from '../../../conformance/fhir-guide/profiles.ts'
import { validate } from '../../../demo/ehr/validate.ts'
import { buildReport } from '../../support/built-report.ts'
import { comparisonOf, PRIOR_STUDY_UID } from '../../support/comparison.ts'
import { profileErrors } from '../../support/fhir-profiles.ts'
import { sampleReport } from '../../support/fhir-report.ts'

const sample = sampleReport().result
const comparison = comparisonOf(sample)
const { resources } = buildReport(sampleReport({ comparison }))
const observation = (region: string, of = resources) => of.get(`observation.volume.${region}`) as Observation
const component = (region: string, code: string, of = resources) =>
  observation(region, of).component?.find((one) => one.code.coding?.[0]?.code === code)

describe('the change since an earlier study', () => {
  it.each([...resources])('keeps the profile of %s and base R4', (_role, resource) => {
    expect(profileErrors(resource, profileOf(resource)!)).toEqual([])
    expect(validate(resource)).toBeUndefined()
  })

  it('stands beside each volume, with its standard deviation where that is known', () => {
    for (const { region, change, standardDeviation } of comparison.volumes) {
      const quantity = component(region, 'volume-change')!.valueQuantity!
      expect(quantity).toMatchObject({ value: Number(change.toFixed(3)), code: 'mL' })
      expect(quantity.extension?.[0]?.valueDecimal).toBe(standardDeviation && Number(standardDeviation.toFixed(3)))
      expect(component(region, 'volume-change-pc')!.valueQuantity).toMatchObject({ value: 25, code: '%' })
      expect(observation(region).text?.div).toContain('Against the study of 2026-01-02, 58 days earlier: ')
    }
    expect(observation(comparison.volumes.at(-1)!.region).text?.div).toContain('uncertainty of the change unknown')
  })

  it('has the category once, and says why where there is none', () => {
    expect(component('ET', 'change-category')!.valueCodeableConcept?.coding?.[0]).toMatchObject({ code: 'change-PD' })
    expect(component('WT', 'change-category')).toBeUndefined()
    const none = comparisonOf(sample, {
      response: { productThen: 0, productNow: 0, reasons: ['None was measurable.'] },
    })
    const others = buildReport(sampleReport({ comparison: none })).resources
    expect(component('ET', 'change-category', others)).toMatchObject({
      dataAbsentReason: { text: 'None was measurable.' },
    })
    expect(profileErrors(observation('ET', others), profileOf(observation('ET', others))!)).toEqual([])
  })

  it('can be read in the conclusion alone', () => {
    const { conclusion } = resources.get('diagnosticReport') as DiagnosticReport
    expect(conclusion).toContain(
      `Compared with the study of 2026-01-02, 58 days earlier (Study Instance UID ${PRIOR_STUDY_UID}).`,
    )
    expect(conclusion).toContain(
      'Category: PD: enhancing tumour progressed by size; sum of products of diameters +31 % (standard deviation 9 %), also possible: SD.',
    )
    expect(conclusion).toMatch(/clinical state, steroids, treatment and nadir are not considered/)
    expect(conclusion).toContain('New lesion (1.3 mL).')
    const alone = buildReport(sampleReport()).resources.get('diagnosticReport') as DiagnosticReport
    expect(alone.conclusion).not.toContain('earlier study')
  })
})
