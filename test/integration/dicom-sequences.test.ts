import { expect, it } from 'vitest'
import { planSeries } from '../../src/dicom/series-volume.ts'
import { toIndex, type Vec3 } from '../../src/domain/volume.ts'
import { applyRigid, invertRigid } from '../../src/inference/volumes/rigid.ts'
import { encodeSequences } from '../../src/pipeline/encode/sequences.ts'
import { inputOf } from '../dicom/report-input.ts'
import { classicSeries, enhancedSeries } from '../dicom/support.ts'
import { readWithHighdicom, unexplained, validate } from '../support/dicom-validators.ts'
import { objectFolder } from '../support/object-folder.ts'
import { MOVED, SAGITTAL, THICK } from '../support/sequence-grids.ts'

const { write } = objectFolder()

it.each([
  ['thick oblique classic', classicSeries, THICK],
  ['thick oblique enhanced', enhancedSeries, THICK],
  ['sagittal classic', classicSeries, SAGITTAL],
] as const)(
  '%s: valid, consistent with its sources, and the tumour where the patient was',
  async (name, make, grid) => {
    const reference = await make({ seriesKey: 'reference' })
    const other = await make({ seriesKey: 'other', grid })
    const input = inputOf(reference, other)
    const plan = planSeries(other.series)
    const [made] = encodeSequences(input, input.labels, [
      { sequence: 'FLAIR', series: other.series, plan, registration: { transform: MOVED } },
    ])
    const key = name.replaceAll(' ', '-')
    const path = write(`${key}.dcm`, made!.object.bytes)
    const { errors, warnings } = validate('dciodvfy', [path])
    expect([...errors, ...unexplained(warnings)]).toEqual([])
    const files = [...reference.files, ...other.files].map((bytes, at) => write(`${key}-${at}.dcm`, bytes))
    const main = write(`${key}-main.dcm`, input.segmentation!.bytes)
    expect(validate('dcentvfy', [...files, main, path])).toEqual({ status: 0, errors: [], warnings: [] })

    const { reading, labels } = readWithHighdicom(path)
    const [slices, rows, columns] = reading.shape
    const { grid: own, data } = input.labels
    const [nx, ny, nz] = own.size
    const back = invertRigid(MOVED)
    let tumour = 0
    let wrong = 0
    for (let n = 0; n < slices * rows * columns; n++) {
      const index = [Math.floor(n / (rows * columns)), Math.floor(n / columns) % rows, n % columns]
      const point = reading.affine
        .slice(0, 3)
        .map((row) => row[0]! * index[0]! + row[1]! * index[1]! + row[2]! * index[2]! + row[3]!)
      const [i, j, k] = toIndex(own, applyRigid(back, point as unknown as Vec3)).map(Math.round) as unknown as Vec3
      const inside = i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz
      const expected = inside ? data[i + nx * (j + ny * k)]! : 0
      const found = labels[n] === 0 ? 0 : input.result.segments[labels[n]! - 1]!.label
      if (found !== expected) wrong++
      if (found > 0) tumour++
    }
    expect(tumour).toBeGreaterThan(50)
    expect(wrong).toBe(0)
  },
)
