// What is analysed first: by the images, by the date, and by the order in the EHR, which is only asked.
import { describe, expect, it } from 'vitest'
import { dataset } from '../../src/dicom/dataset.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { Study } from '../../src/domain/study.ts'
import { hasUrgentOrder, priorityOf } from '../../src/pipeline/priority.ts'
import { MR } from '../support/instances.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const study = (attributes: Parameters<typeof dataset>[0]): Study => ({
  studyInstanceUid: '1.2.9',
  series: [
    {
      seriesInstanceUid: '1.2.9.1',
      modality: 'MR',
      instances: [{ sopInstanceUid: '1.2.9.1.1', sopClassUid: MR, metadata: dataset(attributes) }],
    },
  ],
})

it.each([
  ['fresh', { StudyDate: '20260301' }],
  ['fresh', {}],
  ['backfill', { StudyDate: '20260227' }],
  ['backfill', { StudyDate: '20240227', RequestedProcedurePriority: 'STAT' }],
  ['first', { StudyDate: '20260301', RequestedProcedurePriority: 'STAT' }],
  ['first', { RequestedProcedurePriority: 'HIGH ' }],
  ['fresh', { RequestedProcedurePriority: 'ROUTINE' }],
])('is %s for %o', (priority, attributes) => {
  expect(priorityOf(study(attributes), '20260228')).toBe(priority)
  expect(priorityOf(study({ StudyDate: '19990101' }), undefined)).toBe('fresh')
})

describe('the order', () => {
  const log = createKeptLog()
  const asked: string[] = []
  /** Each request is audited under the study for which the record is asked. */
  const ehr = (answer: boolean | AppError) => ({
    forStudy: ({ studyInstanceUid }: { studyInstanceUid: string }) => ({
      matchPatient: async () => '',
      postReport: async () => ({}),
      async isUrgentOrder(accessionNumber: string) {
        asked.push(`${studyInstanceUid} ${accessionNumber}`)
        if (answer instanceof AppError) throw answer
        return answer
      },
    }),
  })

  it('is asked for by accession number, on behalf of the study', async () => {
    const ports = { log, ehr: ehr(true) }
    expect(await hasUrgentOrder(ports, study({ AccessionNumber: ' A-77 ' }))).toBe(true)
    expect(asked).toEqual(['1.2.9 A-77'])
    expect(await hasUrgentOrder(ports, study({}))).toBe(false)
    expect(asked).toHaveLength(1)
  })

  it('of an EHR that does not answer changes nothing', async () => {
    const ports = { log, ehr: ehr(new AppError('EHR_UNREACHABLE', 'nothing listens there')) }
    expect(await hasUrgentOrder(ports, study({ AccessionNumber: 'A-77' }))).toBe(false)
    expect(log.lines.map(({ fields }) => fields.code)).toEqual(['EHR_UNREACHABLE'])
  })
})
