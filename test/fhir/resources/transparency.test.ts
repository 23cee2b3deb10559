// AI transparency: whatever an EHR shows of a report, it says that software made it, from what, and how sure it is.
import { createHash } from 'node:crypto'
import type { Attachment, Device, DiagnosticReport, Observation, Provenance, RiskAssessment } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { pdfBinary } from '../../../src/fhir/resources/attachment.ts'
import { buildReport } from '../../support/built-report.ts'
import { sampleReport, sampleResult } from '../../support/fhir-report.ts'

const { resources } = buildReport(sampleReport())
const get = <T>(role: string, from = resources) => from.get(role) as T
const paragraphs = (div: string) => [...div.matchAll(/<(?:p|li)>(.*?)<\/(?:p|li)>/g)].map((match) => match[1])

describe('the HTML form', () => {
  const forms = get<DiagnosticReport>('diagnosticReport').presentedForm!
  const form = forms.find(({ contentType }) => contentType === 'text/html') as Attachment
  const bytes = Buffer.from(form.data!, 'base64')
  const page = bytes.toString('utf8')

  it('stands beside the PDF, with size and SHA-1', () => {
    expect(forms.map(({ contentType }) => contentType)).toEqual(['application/pdf', 'text/html'])
    expect(form.size).toBe(bytes.byteLength)
    expect(form.hash).toBe(createHash('sha1').update(bytes).digest('base64'))
  })

  it('says whose it is, since it can leave the chart', () => {
    expect(page).toContain('Müller-Okafor, Zoë Ann, 山田, 花子, born 1961-03-07, Patient ID MRN-0042/7')
    expect(page).toMatch(/^<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>/)
  })

  it('has the whole report, escaped', () => {
    expect(page).toContain('Contrast series &lt; 1 mm is missing &amp; needed.')
    expect(page).toContain('not reviewed by a physician')
    expect(page.indexOf('not reviewed by a physician')).toBeLessThan(page.indexOf('61.2 mL'))
  })

  it('takes nothing of the images as markup', () => {
    const patient = { ...sampleResult().patient, patientName: '<script>x</script>^"A"', patientId: '1&2' }
    const built = buildReport(sampleReport({ patient })).resources
    const other = get<DiagnosticReport>('diagnosticReport', built).presentedForm![1]!
    const text = Buffer.from(other.data!, 'base64').toString('utf8')
    expect(text).not.toContain('<script>')
    expect(text).toContain('Patient ID 1&amp;2')
  })
})

describe('narrative', () => {
  it.each([...resources.keys()])('%s has one that can be read alone', (role) => {
    const { text } = get<Observation>(role)
    expect(text?.div).toMatch(/^<div xmlns="http:\/\/www.w3.org\/1999\/xhtml">.+<\/div>$/)
    expect(text?.div).toMatch(/software/)
  })

  it('of the report begins with the warning and names images, series and model', () => {
    const lines = paragraphs(get<DiagnosticReport>('diagnosticReport').text!.div)
    expect(lines[0]).toContain('Preliminary: written by software')
    expect(lines).toContain(
      'MR study of 2025-01-31, accession number ACC-9001, Study Instance UID 1.2.826.0.1.3680043.10.1234.77.1.',
    )
    expect(lines).toContain('Series read: T1 (slices of 1 mm), T1c (slices of 2 mm), FLAIR (slices of 3 mm).')
  })

  it('gives a number never without its uncertainty, or that there is none', () => {
    const { conclusion } = get<DiagnosticReport>('diagnosticReport')
    expect(conclusion).toContain('Whole tumour: 61.2 mL (standard deviation 2.5 mL)')
    expect(conclusion).toContain('Tumour core: 24.5 mL (uncertainty not estimated)')
    expect(conclusion).toContain('codeleted 52 %, intact 48 % (uncertainty not estimated)')
    expect(conclusion).toContain('alive after 12 months 71 % (95 % interval 60 % to 80 %)')
  })
})

describe('uncertainty for programs', () => {
  it('an interval is a component of the same class as its probability', () => {
    const [point, interval] = get<Observation>('observation.idh').component!
    expect(interval!.valueRange?.high?.value).toBe(0.97)
    expect(interval!.code.coding).toEqual(point!.code.coding)
  })

  it('survival has its interval in percent, where it has one', () => {
    const [first, second] = get<RiskAssessment>('riskAssessment').prediction!
    const { low, high } = first!.extension![0]!.valueRange!
    expect([low?.value, low?.code, high?.value, high?.code]).toEqual([60, '%', 80, '%'])
    expect(second).not.toHaveProperty('extension')
  })
})

describe('where it comes from', () => {
  const bundle = { ...sampleResult().bundle, cardDigest: 'ef56'.repeat(16) }

  it('Device has a place for the UDI, filled only where there is one', () => {
    const udi = { deviceIdentifier: '04012345000009', issuer: 'http://hl7.org/fhir/NamingSystem/gs1-di' }
    expect(get<Device>('device')).not.toHaveProperty('udiCarrier')
    const built = buildReport(sampleReport({ bundle: { ...bundle, udi } })).resources
    expect(get<Device>('device', built).udiCarrier).toEqual([udi])
  })

  it('Provenance names the model card by its digest', () => {
    const { entity } = get<Provenance>('provenance', buildReport(sampleReport({ bundle })).resources)
    const card = entity!.find(({ role }) => role === 'derivation')!.what
    expect(card.identifier?.value).toBe('glioma-small.1-4-0.ab12ab12ab12ab12.card')
    expect(card.display).toContain(bundle.cardDigest)
  })

  it('Provenance names the facts of the record that went in, and no others', () => {
    const [idh, ...others] = sampleResult().predictions
    const explanation = [
      { feature: 'kps', value: 80, contribution: 0.3 },
      { feature: 'resection_gtr', value: 1, contribution: 0.2 },
      { feature: 'resection_subtotal', value: 0, contribution: 0.1 },
      { feature: 'age_years', value: 63.9, contribution: 0.1 },
    ]
    const predictions = [{ ...idh!, explanation } as typeof idh & object, ...others]
    const sources = (p: Provenance) =>
      p.entity!.flatMap(({ what }) => (what.reference?.startsWith('Patient/') ? [what.display] : []))
    const built = buildReport(sampleReport({ predictions })).resources
    expect(sources(get<Provenance>('provenance', built))).toEqual([
      "Patient's record: Karnofsky performance status, extent of resection",
    ])
    expect(sources(get<Provenance>('provenance'))).toEqual([])
  })

  it('Provenance names the tissue tests that were quoted', () => {
    const tissueResults = [{ head: 'idh', test: 'IDH1 R132H', value: 'positive', reference: 'Observation/77' } as const]
    const { entity } = get<Provenance>(
      'provenance',
      buildReport(sampleReport({ tissueResults: [...tissueResults] })).resources,
    )
    expect(entity!.filter(({ role }) => role === 'quotation')).toEqual([
      { role: 'quotation', what: { reference: 'Observation/77', display: 'IDH1 R132H' } },
    ])
  })

  it('a large PDF is labelled too', () => {
    expect(pdfBinary(sampleReport()).meta?.security?.[0]?.code).toBe('AIAST')
  })
})
