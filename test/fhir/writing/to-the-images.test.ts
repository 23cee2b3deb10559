// From the EHR to the images: series and endpoint of the study, links of the report, key pictures; on every way of writing, and after a rejection.
import type { DiagnosticReport, ImagingStudy, Media, Resource } from '@medplum/fhirtypes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { validate } from '../../../demo/ehr/validate.ts'
import type { EhrReport } from '../../../src/domain/ports/clinical-record.ts'
import { waysToImages } from '../../../src/settings/derived.ts'
import { parseSettings } from '../../../src/settings/parse.ts'
import { buildReport } from '../../support/built-report.ts'
import { createClinicalRecord } from '../../support/clinical-record.ts'
import { recordOptions, sampleReport } from '../../support/fhir-report.ts'
import { list } from '../../support/fhir-server.ts'
import { ladderServer } from '../../support/ladder-server.ts'
import { type DemoEhr, startSampleEhr } from '../../support/sample-ehr.ts'

const STUDY = '1.2.826.0.1.3680043.10.1234.77.1'
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3)

function reportWithImages(): EhrReport {
  const report = sampleReport()
  const decision = { seriesNumber: '7', seriesDescription: 't1 <post> KM', modality: 'MR', reasons: ['r'] }
  return {
    ...report,
    result: {
      ...report.result,
      decisions: [
        { ...decision, seriesInstanceUid: `${STUDY}.2`, selected: true, sequence: 'T1c' },
        {
          ...decision,
          seriesInstanceUid: `${STUDY}.9`,
          seriesNumber: 'x',
          seriesDescription: '',
          modality: 'OT',
          selected: false,
        },
      ],
    },
    links: {
      page: 'https://glioma.example/analyses/1?a=1&b=2',
      viewer: 'https://viewer.example/?study=1',
      dicomweb: 'https://pacs.example/dicom-web',
    },
    keyImages: [
      { sequence: 'T1c', alternative: 'T1 after contrast, z 31 mm', png: PNG },
      { sequence: 'FLAIR', alternative: 'FLAIR, z 31 mm', png: Uint8Array.of(...PNG, 9) },
    ],
  }
}

describe('the resources', () => {
  const { resources } = buildReport(reportWithImages())
  const get = <T extends Resource>(role: string) => resources.get(role) as T

  it('are all valid R4', () => {
    for (const resource of resources.values()) expect(() => validate(resource)).not.toThrow()
    expect([...resources.keys()].filter((role) => role.startsWith('media'))).toEqual(['media.T1c', 'media.FLAIR'])
  })

  it('the study names its series, and where its images are', () => {
    const { series, endpoint, contained } = get<ImagingStudy>('imagingStudy')
    const DCM = 'http://dicom.nema.org/resources/ontology/DCM'
    expect(series).toEqual([
      {
        uid: `${STUDY}.2`,
        number: 7,
        modality: { system: DCM, code: 'MR', display: 'Magnetic Resonance' },
        description: 't1 <post> KM',
        numberOfInstances: 1,
      },
      { uid: `${STUDY}.9`, modality: { system: DCM, code: 'OT' } },
    ])
    expect(endpoint).toEqual([{ reference: '#dicomweb' }])
    expect(contained).toEqual([
      expect.objectContaining({
        resourceType: 'Endpoint',
        id: 'dicomweb',
        status: 'active',
        connectionType: expect.objectContaining({ code: 'dicom-wado-rs' }),
        address: 'https://pacs.example/dicom-web',
      }),
    ])
  })

  it('the report links to page and viewer, in its text and in its page', () => {
    const { text, presentedForm, media } = get<DiagnosticReport>('diagnosticReport')
    const html = Buffer.from(presentedForm!.find((f) => f.contentType === 'text/html')!.data!, 'base64').toString()
    for (const shown of [text!.div!, html]) {
      expect(shown).toContain('<a href="https://glioma.example/analyses/1?a=1&amp;b=2">Images, outlines and review</a>')
      expect(shown).toContain('<a href="https://viewer.example/?study=1">Images in the viewer of the hospital</a>')
    }
    expect(media).toEqual([{ link: { reference: 'Media/media-T1c' } }, { link: { reference: 'Media/media-FLAIR' } }])
  })

  it('a key picture is whole, and says what it shows, whose it is and what made it', () => {
    const media = get<Media>('media.T1c')
    expect(Buffer.from(media.content.data!, 'base64')).toEqual(Buffer.from(PNG))
    expect(media).toMatchObject({
      status: 'completed',
      subject: { reference: 'Patient/p1' },
      device: { reference: 'Device/device' },
      partOf: [{ reference: 'ImagingStudy/imagingStudy' }],
      content: { contentType: 'image/png', size: PNG.length, title: 'T1 after contrast, z 31 mm' },
    })
  })

  it('say nothing of it where the site does not', () => {
    const bare = buildReport(sampleReport()).resources
    expect(bare.get('imagingStudy')).not.toHaveProperty('endpoint')
    expect(bare.get('diagnosticReport')).not.toHaveProperty('media')
    expect((bare.get('diagnosticReport') as DiagnosticReport).text!.div).not.toContain('<a ')
  })
})

describe('the EHR', () => {
  let ehr: DemoEhr
  beforeEach(async () => {
    ehr = await startSampleEhr()
  })
  afterEach(() => ehr.close())
  const clientOf = (kind: 'transaction' | 'plain') =>
    createClinicalRecord({ ...recordOptions(ehr.url), fetch: ladderServer(ehr.url, kind).fetch, sleep: async () => {} })
  const mediaThere = async () => (await list<Media>(ehr.url, 'Media')).sort((a, b) => a.content.size! - b.content.size!)

  it.each(['transaction', 'plain'] as const)(
    '%s: holds each picture once, and marks it when the report is rejected',
    async (kind) => {
      const report = reportWithImages()
      const record = clientOf(kind)
      await record.postReport(report)
      await record.postReport(report)
      const before = await mediaThere()
      expect(before.map(({ status, content }) => [status, content.size])).toEqual([
        ['completed', 7],
        ['completed', 8],
      ])
      await record.postReview!(
        report,
        {
          reviewId: 'r1',
          analysisId: report.result.analysisId,
          number: 1,
          at: '2026-03-02T10:11:12.000Z',
          decision: 'reject',
          reason: 'Wrong series',
          reviewer: { identifier: 'P-77', name: 'Dr Nine' },
          edits: [],
        },
        { pdf: report.pdf, dicomResults: report.dicomResults },
      )
      const after = await mediaThere()
      expect(after.map(({ id, status }) => [id, status])).toEqual(before.map(({ id }) => [id, 'entered-in-error']))
    },
  )
})

it('the settings say it once: addresses with the study and the analysis put in', () => {
  const settings = parseSettings(
    {
      pacs: { url: 'http://pacs/dicom-web' },
      ehr: {
        url: 'http://ehr/fhir',
        identifierSystem: 'urn:x:mrn',
        analysisSystem: 'urn:x:analysis',
        images: { dicomwebUrl: 'https://public/dicom-web', keyImages: true },
      },
      http: { publicUrl: 'https://glioma.example', viewerUrl: 'https://viewer/?uid={studyInstanceUid}' },
    },
    {},
  )
  const { keyImages, links } = waysToImages(settings)
  expect(keyImages).toBe(true)
  expect(links({ analysisId: 'a1', studyInstanceUid: '1.2' })).toEqual({
    page: 'https://glioma.example/analyses/a1',
    viewer: 'https://viewer/?uid=1.2',
    dicomweb: 'https://public/dicom-web',
  })
})
