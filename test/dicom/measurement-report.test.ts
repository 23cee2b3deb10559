// The measurement report: every number and reference is in its content tree, where TID 1500 and its readers look for it.
import { describe, expect, it } from 'vitest'
import { dataset, has, items, number, numbers, tagOf, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { deviceUid } from '../../src/dicom/result-modules.ts'
import { buildSegmentation } from '../../src/dicom/segmentation.ts'
import { planSeries } from '../../src/dicom/series-volume.ts'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { toIndex, type Vec3 } from '../../src/domain/volume.ts'
import { reportInput } from './report-input.ts'
import { classicSeries, enhancedSeries, STUDY_UID } from './support.ts'

const code = (item: DicomJson | undefined, keyword = 'ConceptNameCodeSequence') => {
  const [found] = item === undefined ? [] : items(item, keyword)
  return found === undefined ? '' : text(found, 'CodeValue') || text(found, 'LongCodeValue')
}
const children = (item: DicomJson) => items(item, 'ContentSequence')
const child = (item: DicomJson, concept: string) => children(item).find((one) => code(one) === concept)
const value = (item: DicomJson) => number(items(item, 'MeasuredValueSequence')[0]!, 'NumericValue')
const unit = (item: DicomJson) => code(items(item, 'MeasuredValueSequence')[0], 'MeasurementUnitsCodeSequence')
const template = (item: DicomJson) => text(items(item, 'ContentTemplateSequence')[0] ?? {}, 'TemplateIdentifier')
const referenced = (item: DicomJson) => items(item, 'ReferencedSOPSequence')[0]!

async function made(change: Parameters<typeof reportInput>[1] = {}, make = classicSeries) {
  const input = await reportInput(make, change)
  const object = buildMeasurementReport(input)
  const ds = readPart10(object.bytes).dataset
  const groups = children(child(ds, '126010')!).filter((one) => code(one) === '125007')
  const tracked = (beginning: string) =>
    groups.filter((group) => text(child(group, '112039')!, 'TextValue').startsWith(`${beginning} `))
  return { input, object, ds, groups, tracked }
}

describe('the measurement report', () => {
  it('is an unverified, preliminary TID 1500 document of the same study and patient', async () => {
    const { ds, input } = await made()
    expect([text(ds, 'SOPClassUID'), template(ds), code(ds)]).toEqual([
      '1.2.840.10008.5.1.4.1.1.88.34',
      '1500',
      '126000',
    ])
    expect(['CompletionFlag', 'VerificationFlag', 'PreliminaryFlag'].map((keyword) => text(ds, keyword))).toEqual([
      'COMPLETE',
      'UNVERIFIED',
      'PRELIMINARY',
    ])
    const source = input.referenceSeries.instances[0]!.metadata
    for (const keyword of ['PatientName', 'PatientID', 'PatientBirthDate', 'AccessionNumber'])
      expect(ds[tagOf(keyword)]).toEqual(source[tagOf(keyword)])
    expect(ds[tagOf('ReferringPhysicianName')]).toEqual({ vr: 'PN' })
    expect([text(ds, 'StudyInstanceUID'), text(ds, 'SpecificCharacterSet')]).toEqual([STUDY_UID, 'ISO_IR 192'])
  })

  it('is the same to the byte when it is built again', async () => {
    const input = await reportInput(classicSeries)
    const [one, two] = [buildMeasurementReport(input), buildMeasurementReport(structuredClone(input))]
    expect(Buffer.from(one.bytes).equals(Buffer.from(two.bytes))).toBe(true)
    const other = buildMeasurementReport({ ...input, result: { ...input.result, analysisId: 'another' } })
    expect(other.sopInstanceUid).not.toBe(one.sopInstanceUid)
  })

  it('was observed by the device that contributed', async () => {
    const { ds, input } = await made()
    const [equipment] = items(ds, 'ContributingEquipmentSequence')
    expect(text(child(ds, '121012')!, 'UID')).toBe(deviceUid(input.result.bundle.modelDigest))
    expect(text(equipment!, 'DeviceUID')).toBe(text(child(ds, '121012')!, 'UID'))
    expect(text(child(ds, '121015')!, 'TextValue')).toBe(text(equipment!, 'ManufacturerModelName'))
    expect(code(child(ds, '121005'), 'ConceptCodeSequence')).toBe('121007')
  })

  it('gives each segment a volumetric group that refers to it and shares its tracking UID', async () => {
    const { groups, input } = await made()
    const seg = readPart10(input.segmentation!.bytes).dataset
    const volumetric = groups.filter((group) => template(group) === '1411')
    expect(volumetric).toHaveLength(3)
    for (const group of volumetric) {
      const reference = referenced(child(group, '121191')!)
      expect(text(reference, 'ReferencedSOPInstanceUID')).toBe(input.segmentation!.sopInstanceUid)
      const segment = items(seg, 'SegmentSequence')[number(reference, 'ReferencedSegmentNumber')! - 1]!
      expect(text(child(group, '112040')!, 'UID')).toBe(text(segment, 'TrackingUID'))
      expect(text(child(group, '112039')!, 'TextValue')).toBe(text(segment, 'TrackingID'))
      expect(code(child(group, '121071'), 'ConceptCodeSequence')).toBe(
        code(segment, 'SegmentedPropertyTypeCodeSequence'),
      )
      expect(text(child(group, '121232')!, 'UID')).toBe(input.referenceSeries.seriesInstanceUid)
      const key = text(segment, 'TrackingID').split(' ')[0]
      const volume = child(group, '118565006')!
      const measured = input.result.measurements.find((one) => one.region === key)!
      expect(value(volume)).toBeCloseTo(measured.value, 9)
      expect(unit(volume)).toBe('mL')
      expect(code(child(volume, '370129005'), 'ConceptCodeSequence')).toBe('126030')
    }
  })

  it('gives regions of several segments a group with all of them as its source, and the 95 % range', async () => {
    const { tracked, input } = await made()
    const [whole] = tracked('WT')
    expect(template(whole!)).toBe('1501')
    const volume = child(whole!, '118565006')!
    const source = referenced(child(volume, '121112')!)
    expect(numbers(source, 'ReferencedSegmentNumber')).toEqual([1, 2, 3])
    expect(value(child(volume, '371884006')!)).toBeCloseTo(
      1.96 * input.result.measurements.find(({ region }) => region === 'WT')!.standardDeviation!,
      9,
    )
    expect(
      numbers(referenced(child(child(tracked('TC')[0]!, '118565006')!, '121112')!), 'ReferencedSegmentNumber'),
    ).toEqual([1, 3])
  })

  it.each([
    ['classic', classicSeries],
    ['enhanced', enhancedSeries],
  ] as const)('shows the diameters on the frame and the image where they were measured, %s', async (kind, make) => {
    const { tracked, input } = await made({}, make)
    const [lesion] = input.result.diameters!
    const [planar, lines] = tracked('ET lesion 1')
    expect([template(planar!), template(lines!)]).toEqual(['1410', '1501'])
    expect(value(child(planar!, '103339001')!)).toBeCloseTo(lesion!.longestMm, 9)
    expect(value(child(planar!, '131189007')!)).toBeCloseTo(lesion!.perpendicularMm, 9)
    const frame = referenced(child(planar!, '121214')!)
    const seg = readPart10(input.segmentation!.bytes).dataset
    const group = items(seg, 'PerFrameFunctionalGroupsSequence')[number(frame, 'ReferencedFrameNumber')! - 1]!
    expect(number(items(group, 'SegmentIdentificationSequence')[0]!, 'ReferencedSegmentNumber')).toBe(3)
    expect(has(frame, 'ReferencedSegmentNumber')).toBe(false)
    const image = referenced(child(planar!, '121233')!)
    const source = input.sourceFrames[lesion!.slice]!
    expect(text(image, 'ReferencedSOPInstanceUID')).toBe(source.sopInstanceUid)
    expect(number(image, 'ReferencedFrameNumber')).toBe(kind === 'enhanced' ? source.frameNumber : undefined)
    const drawn = numbers(child(lines!, '103339001')!, 'GraphicData')
    const expected = lesion!.longest.flatMap((point) => {
      const [column, row] = toIndex(input.grid, point)
      return [column + 0.5, row + 0.5]
    })
    for (const [n, at] of drawn.entries()) expect(at).toBeCloseTo(expected[n]!, 4)
  })

  it('gives lines in patient space where the plane is no slice of the series', async () => {
    const ends: [Vec3, Vec3] = [
      [1, 2, 3],
      [4, 5, 3],
    ]
    const lesion = {
      longestMm: 12,
      perpendicularMm: 5,
      longest: ends,
      perpendicular: ends,
      axis: 1,
      slice: 2,
      measurable: false,
    } as const
    const { tracked, input } = await made({ diameters: [lesion] })
    const groups = tracked('ET lesion 1')
    expect(groups.map(template)).toEqual(['1501'])
    const long = child(groups[0]!, '103339001')!
    const line = child(long, '103339001')!
    expect([text(line, 'ValueType'), numbers(line, 'GraphicData')]).toEqual(['SCOORD3D', ends.flat()])
    const source = input.referenceSeries.instances[0]!.metadata
    expect(text(line, 'ReferencedFrameOfReferenceUID')).toBe(text(source, 'FrameOfReferenceUID'))
  })

  it('states every prediction: its call and probabilities, or why there is none', async () => {
    const { tracked } = await made()
    const [idh] = tracked('predicted idh')
    expect(code(child(idh!, 'predicted-idh'), 'ConceptCodeSequence')).toBe('IDH-mutant')
    const probabilities = children(idh!).filter((one) => code(one) === '122157')
    expect(probabilities.map((one) => [code(child(one, 'predicted-idh'), 'ConceptCodeSequence'), value(one)])).toEqual([
      ['IDH-mutant', 0.91],
      ['IDH-wildtype', 0.09],
    ])
    expect(value(child(probabilities[0]!, '371885007')!)).toBeCloseTo(0.11, 9)
    expect(value(child(probabilities[0]!, '371886008')!)).toBeCloseTo(0.05, 9)
    const [mgmt] = tracked('predicted mgmt')
    expect(code(child(mgmt!, 'predicted-mgmt'), 'ConceptCodeSequence')).toBe('82334004')
    const [grade] = tracked('predicted grade')
    expect(code(child(grade!, 'predicted-grade'), 'ConceptCodeSequence')).toBe('373121007')
    expect(text(child(grade!, '121106')!, 'TextValue')).toBe('This bundle has no such head.')
    const [survival] = tracked('predicted survival')
    expect(
      children(survival!)
        .filter((one) => code(one) === '122157')
        .map((one) => code(child(one, 'predicted-survival'), 'ConceptCodeSequence')),
    ).toEqual(['survival-12-months', 'survival-24-months'])
  })

  it('lists what it rests on, each instance once, and nothing else', async () => {
    const { ds, input } = await made()
    const [study] = items(ds, 'CurrentRequestedProcedureEvidenceSequence')
    const listed = items(study!, 'ReferencedSeriesSequence').flatMap((series) =>
      items(series, 'ReferencedSOPSequence').map((one) => text(one, 'ReferencedSOPInstanceUID')),
    )
    const sources = [input.referenceSeries, ...input.otherSources].flatMap(({ instances }) =>
      instances.map(({ sopInstanceUid }) => sopInstanceUid),
    )
    expect(listed.sort()).toEqual([...sources, input.segmentation!.sopInstanceUid].sort())
    const inTree: string[] = []
    const walk = (item: DicomJson) => {
      for (const one of items(item, 'ReferencedSOPSequence')) inTree.push(text(one, 'ReferencedSOPInstanceUID'))
      for (const one of children(item)) walk(one)
    }
    walk(ds)
    expect(new Set(inTree)).toEqual(new Set(listed))
  })

  it('copies the order of the images, and makes none up', async () => {
    const edit = (ds: DicomJson) => ({
      ...ds,
      ...dataset({
        AccessionNumber: 'A-77',
        RequestAttributesSequence: [
          dataset({
            RequestedProcedureID: 'RP-5',
            RequestedProcedureDescription: 'MRT Schädel',
            ScheduledProcedureStepID: 'S',
          }),
        ],
      }),
    })
    const [request] = items(
      (await made({}, (options) => classicSeries({ ...options, edit }))).ds,
      'ReferencedRequestSequence',
    )
    expect(
      ['AccessionNumber', 'RequestedProcedureID', 'RequestedProcedureDescription'].map((keyword) =>
        text(request!, keyword),
      ),
    ).toEqual(['A-77', 'RP-5', 'MRT Schädel'])
    const without = (ds: DicomJson) => ({ ...ds, ...dataset({ AccessionNumber: '' }) })
    const { ds } = await made({}, (options) => classicSeries({ ...options, edit: without }))
    expect(has(ds, 'ReferencedRequestSequence')).toBe(false)
    expect(ds[tagOf('AccessionNumber')]).toEqual({ vr: 'SH' })
  })

  it('says that nothing was found, with volumes of zero and no reference to a segmentation', async () => {
    const { ds, groups, tracked } = await made({ noFinding: true })
    const evaluations = child(ds, 'C0034375')!
    expect(code(child(evaluations, '121052'), 'ConceptCodeSequence')).toBe('272519000')
    expect(code(child(tracked('WT')[0]!, '121052'), 'ConceptCodeSequence')).toBe('272519000')
    expect(groups.filter((group) => ['1410', '1411'].includes(template(group)))).toEqual([])
    expect(value(child(tracked('WT')[0]!, '118565006')!)).toBe(0)
    const remarks = children(evaluations).map((one) => text(one, 'TextValue'))
    expect(remarks.some((one) => one.startsWith('No tumour was found'))).toBe(true)
    expect(Buffer.from(JSON.stringify(ds)).includes('1.2.840.10008.5.1.4.1.1.66.4')).toBe(false)
  })

  it('names its predecessor', async () => {
    const input = await reportInput(classicSeries)
    const predecessor = {
      sopInstanceUid: '2.25.7',
      seriesInstanceUid: '2.25.8',
      sopClassUid: '1.2.840.10008.5.1.4.1.1.88.34',
    }
    const ds = readPart10(buildMeasurementReport({ ...input, predecessor }).bytes).dataset
    const [study] = items(ds, 'PredecessorDocumentsSequence')
    const [series] = items(study!, 'ReferencedSeriesSequence')
    expect([
      text(study!, 'StudyInstanceUID'),
      text(series!, 'SeriesInstanceUID'),
      text(items(series!, 'ReferencedSOPSequence')[0]!, 'ReferencedSOPInstanceUID'),
    ]).toEqual([STUDY_UID, '2.25.8', '2.25.7'])
  })

  it('warns in its remarks of what the quality notes warn of', async () => {
    const { ds } = await made()
    const remarks = children(child(ds, 'C0034375')!).map((one) => text(one, 'TextValue'))
    expect(remarks).toContain('Warning: The image moved.')
    expect(remarks[0]).toMatch(/not reviewed/)
  })
})

it('the segmentation and the report agree with the plan of the series', async () => {
  const input = await reportInput(classicSeries)
  const again = buildSegmentation({
    result: input.result,
    segmentation: input.labels,
    referenceSeries: input.referenceSeries,
    sourceFrames: planSeries(input.referenceSeries).frames,
    otherSources: input.otherSources,
  })
  expect(again.frames).toEqual(input.segmentation!.frames)
})
