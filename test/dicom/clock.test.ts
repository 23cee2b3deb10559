// By which clock results are dated: the images' own zone, else the site's, and never before the images.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataset } from '../../src/dicom/dataset.ts'
import { imagesUntil } from '../../src/dicom/image-times.ts'
import { momentOf } from '../../src/dicom/result-modules.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { clockNotes, clockOf } from '../../src/pipeline/clock-of-images.ts'

/** 08:10 on 2 March in Tokyo. */
const AT = '2026-03-01T23:10:00.000Z'
const stating = (offset: string): DicomJson => ({ '00080201': { vr: 'SH', Value: [offset] } })
const seriesOf = (...metadata: DicomJson[]) => ({
  seriesInstanceUid: '1.2.3',
  modality: 'MR',
  instances: metadata.map((one, at) => ({ sopInstanceUid: `1.2.3.${at}`, sopClassUid: '1.2', metadata: one })),
})

describe('the moment of a result', () => {
  it.each([
    ['in the zone of the site', {}, 'Asia/Tokyo', '20260302', '081000', '+0900'],
    [
      'in the zone that the images state, whatever the site',
      stating('-0500'),
      'Asia/Tokyo',
      '20260301',
      '181000',
      '-0500',
    ],
    [
      'as a form of that zone that is not the standard’s',
      stating('+9:00'),
      'Europe/Berlin',
      '20260302',
      '081000',
      '+0900',
    ],
    [
      'in the zone of the site where the stated one has no sign',
      stating('0900'),
      'Europe/Berlin',
      '20260302',
      '001000',
      '+0100',
    ],
    ['in a zone of half hours', {}, 'Asia/Kolkata', '20260302', '044000', '+0530'],
    ['west of Greenwich', {}, 'America/St_Johns', '20260301', '194000', '-0330'],
  ])('is %s', (_name, source, timeZone, date, time, offset) => {
    expect(momentOf(AT, source, { timeZone })).toEqual({ date, time, dateTime: `${date}${time}${offset}`, offset })
  })

  it('keeps summer time apart', () => {
    const zone = { timeZone: 'Europe/Berlin' }
    expect(momentOf('2026-07-01T10:00:00Z', {}, zone).dateTime).toBe('20260701120000+0200')
    expect(momentOf('2026-12-01T10:00:00Z', {}, zone).dateTime).toBe('20261201110000+0100')
  })

  it('is never before the images, by whatever clock they were taken', () => {
    const zones = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles', 'Pacific/Kiritimati', 'Asia/Kathmandu']
    const moment = fc.date({ min: new Date('2000-01-01'), max: new Date('2060-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(moment, moment, fc.constantFrom(...zones), (at, taken, timeZone) => {
        const stated = taken.toISOString().replace(/[-:T]/g, '')
        const image = dataset({ AcquisitionDate: stated.slice(0, 8), AcquisitionTime: stated.slice(8, 14) })
        const clock = clockOf([seriesOf(dataset({ StudyDate: '19990101' }), image)], timeZone)
        const { date, time } = momentOf(at.toISOString(), image, clock)
        expect(date + time >= stated.slice(0, 14)).toBe(true)
      }),
    )
  })
})

describe('the latest moment of images', () => {
  it('is found in any of their dates, old forms too', () => {
    const series = seriesOf(
      dataset({ StudyDate: '20260302', StudyTime: '080000', ContentDate: '20260302', ContentTime: '083000.5' }),
      { '00080022': { vr: 'DA', Value: ['2026.03.02'] }, '00080032': { vr: 'TM', Value: ['08:41:07'] } },
      { '0008002A': { vr: 'DT', Value: ['20260302083900.25+0900'] } },
      { '00080021': { vr: 'DA', Value: ['20261399'] } },
    )
    expect(imagesUntil([series])).toBe('20260302084107')
    expect(imagesUntil([seriesOf({})])).toBeUndefined()
  })

  it('is said in a note where it lies after the analysis, and only there', () => {
    const images = [seriesOf(dataset({ StudyDate: '20260302', StudyTime: '080000' }))]
    expect(clockNotes(AT, images, clockOf(images, 'Asia/Tokyo'))).toEqual([])
    const [note] = clockNotes(AT, images, clockOf(images, 'UTC'))
    expect(note).toMatchObject({ code: 'images-later-than-analysis', severity: 'warning' })
    expect(note!.text).toContain('(2026-03-02 08:00:00) is after the analysis (2026-03-01 23:10:00, offset +0000)')
  })
})
