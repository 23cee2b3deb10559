// The judges of npm run conformance over one small analysis: they accept it, and notice what is wrong with it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildLabelMap } from '../../src/dicom/label-map.ts'
import { buildRejectionNote } from '../../src/dicom/rejection-note.ts'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import type { Grid } from '../../src/domain/volume.ts'
import { inputOf } from '../dicom/report-input.ts'
import { classicSeries, OBLIQUE } from '../dicom/support.ts'
import { judgeDicom, readMeasurements } from '../support/judge-dicom.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gliabridge-conformance-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const GRID: Grid = { ...OBLIQUE, size: [40, 24, 7] }

it('accepts every object by every judge, and none that was measured otherwise', async () => {
  const write = (name: string, bytes: Uint8Array) => {
    const path = join(folder, `${name}.dcm`)
    writeFileSync(path, bytes)
    return path
  }
  const reference = await classicSeries({ seriesKey: 'reference', grid: GRID })
  const other = await classicSeries({ seriesKey: 'other', grid: GRID })
  const input = inputOf(reference, other)
  const { result, segmentation, labels } = input
  const map = buildLabelMap({ ...input, segmentation: labels })
  const rejected = [segmentation!, map]
  const made = {
    segmentation: segmentation!,
    report: buildMeasurementReport(input),
    'label-map': map,
    'rejection-note': buildRejectionNote({
      result,
      referenceInstance: reference.series.instances[0]!.metadata,
      rejected,
    }),
  }
  const objects = Object.entries(made).map(([name, { bytes }]) => ({ name, path: write(name, bytes) }))
  const own = reference.files.map((bytes, at) => write(`reference-${at}`, bytes))
  const sources = [...own, ...other.files.map((bytes, at) => write(`other-${at}`, bytes))]
  const images = { sources, reference: own }

  const verdicts = await judgeDicom(objects, images, result)
  expect(verdicts.filter(({ outcome }) => outcome !== 'clean' && outcome !== 'explained')).toEqual([])
  const judges = new Set(verdicts.map(({ validator }) => validator))
  expect(judges).toEqual(
    new Set([
      'dciodvfy',
      'dcentvfy',
      'dsrdump',
      'PixelMed DicomSRValidator',
      'highdicom',
      'our own reader',
      'dcmqi',
      "Cornerstone3D's adapter",
    ]),
  )

  const wrong = structuredClone(result)
  wrong.segments[0]!.voxelCount += 1
  wrong.measurements[1]!.value += 0.01
  const [seg, report] = ['segmentation', 'report'].map((wanted) => objects.find(({ name }) => name === wanted)!)
  const failed = (await judgeDicom([seg!], images, wrong)).filter(({ outcome }) => outcome === 'failed')
  expect(failed.map(({ validator, object }) => `${validator}: ${object}`)).toEqual(['our own reader: segmentation'])
  expect(readMeasurements(report!.path, result).remarks).toEqual([])
  expect(readMeasurements(report!.path, wrong).remarks).toHaveLength(1)
})
