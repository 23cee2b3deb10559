// Left and right, front and back, top and bottom of what the pages show, against the geometry that the SEG itself states.
import { decode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ReadSegmentation, readSegmentation } from '../../demo/read-segmentation.ts'
import { buildSegmentation } from '../../src/dicom/segmentation.ts'
import type { Plane } from '../../src/domain/shown-images.ts'
import { type Grid, toIndex, toPatient, type Vec3 } from '../../src/domain/volume.ts'
import { planeView } from '../../src/viewer/planes.ts'
import type { ShownImagesReader } from '../../src/viewer/shown.ts'
import { onSlice } from '../../src/web/browser/geometry.ts'
import { inputOf } from '../dicom/report-input.ts'
import { classicSeries } from '../dicom/support.ts'
import { LESION_CENTRE, OBLIQUE, SAGITTAL } from '../support/result.ts'
import { type SampleImages, sampleImages } from '../support/sample-images.ts'

const ID = 'a-orientation'
const LOOKED = { analysisId: ID, studyInstanceUid: '1.2.3' }

/** As planned from headers: the slice axis is the cross product of row and column, here to the patient's right. */
const SAGITTAL_FROM_LEFT: Grid = {
  ...SAGITTAL,
  origin: [82, SAGITTAL.origin[1], SAGITTAL.origin[2]],
  direction: [0, 0, -1, 1, 0, 0, 0, -1, 0],
}

describe.each([
  ['a 3D sagittal series', SAGITTAL_FROM_LEFT],
  ['a tilted series of thick slices', OBLIQUE],
])('on %s', (_, grid: Grid) => {
  let sample: SampleImages
  let reader: ShownImagesReader
  let seg: ReadSegmentation
  beforeAll(async () => {
    sample = await sampleImages(ID, grid, false)
    reader = sample.deps.images
    const { segmentation } = sample.synthetic
    const [reference, other] = [
      await classicSeries({ grid, seriesKey: 'reference' }),
      await classicSeries({ seriesKey: 'other' }),
    ]
    seg = readSegmentation(buildSegmentation({ ...inputOf(reference, other, {}, segmentation), segmentation }).bytes)
  })
  afterAll(() => sample?.remove())

  /** Middle of the segment in patient space, by the positions that the SEG's frames state. */
  const middleOf = (segment: number): Vec3 => {
    const sum = [0, 0, 0]
    let n = 0
    for (const frame of seg.frames.filter((one) => one.segment === segment)) {
      for (let p = 0; p < frame.mask.length; p++) {
        if (frame.mask[p] !== 1) continue
        const [column, row] = [p % seg.columns, Math.floor(p / seg.columns)]
        for (const axis of [0, 1, 2] as const)
          sum[axis]! +=
            frame.position[axis] +
            column * seg.spacing[1] * seg.rowCosine[axis] +
            row * seg.spacing[0] * seg.columnCosine[axis]
        n += 1
      }
    }
    return sum.map((value) => value / n) as unknown as Vec3
  }

  it('keeps every voxel at its place', async () => {
    const shown = (await reader.describe(ID))!
    const [i, j, k] = toIndex(shown.grid, LESION_CENTRE).map(Math.round) as [number, number, number]
    const slice = await sample.spool.plane(ID, 'labels', 2, k)
    const [x, y, z] = toIndex(grid, toPatient(shown.grid, [i, j, k])).map(Math.round) as [number, number, number]
    const own = sample.synthetic.segmentation.data[x + grid.size[0] * (y + grid.size[1] * z)]
    expect(own).toBeGreaterThan(0)
    expect(slice[i + shown.grid.size[0] * j]).toBe(own)
  })

  it.each(['axial', 'coronal', 'sagittal'] as const)(
    'shows the segment where the SEG has it: %s',
    async (plane: Plane) => {
      const shown = (await reader.describe(ID))!
      const view = planeView(shown.grid, plane)
      // The enhancing rim is a ring; its middle by the SEG is compared with the middle of all slices of its outline.
      const middle = middleOf(3)
      const at = toIndex(shown.grid, middle)
      const index = Math.round(at[view.axes[2]])
      const outlines = await reader.outlines(LOOKED, { plane, index })
      const rim = outlines.find(({ label }) => label === 3)!
      const points = rim.polygons.flat()
      const [left, right] = [Math.min(...points.map(([u]) => u)), Math.max(...points.map(([u]) => u))]
      const [top, bottom] = [Math.min(...points.map(([, v]) => v)), Math.max(...points.map(([, v]) => v))]
      const [u, v] = onSlice(view, at as unknown as [number, number, number])
      expect(u).toBeGreaterThan(left)
      expect(u).toBeLessThan(right)
      expect(v).toBeGreaterThan(top)
      expect(v).toBeLessThan(bottom)
      expect(Math.abs((left + right) / 2 - u) * view.pixel[0]).toBeLessThan(6)
      expect(Math.abs((top + bottom) / 2 - v) * view.pixel[1]).toBeLessThan(6)
      // The letters say the same: where the patient's left is on the right edge, what lies farther left is farther right.
      const centre = toPatient(shown.grid, shown.grid.size.map((n) => (n - 1) / 2) as unknown as Vec3)
      const side = (axis: 0 | 1 | 2, more: string, less: string) => (middle[axis] > centre[axis] ? more : less)
      const letters = { axial: 0, coronal: 0, sagittal: 1 } as const
      const across = letters[plane]
      const expected = across === 0 ? side(0, 'L', 'R') : side(1, 'P', 'A')
      const edge = u > view.width / 2 ? view.edges.right : view.edges.left
      expect(edge[0]).toBe(expected)
      const upDown = plane === 'axial' ? side(1, 'P', 'A') : side(2, 'S', 'I')
      expect((v > view.height / 2 ? view.edges.bottom : view.edges.top)[0]).toBe(upDown)
    },
  )

  it('follows the convention of radiology', async () => {
    const shown = (await reader.describe(ID))!
    const edges = (plane: Plane) => Object.values(planeView(shown.grid, plane).edges).map((letters) => letters[0])
    expect(edges('axial')).toEqual(['R', 'L', 'A', 'P'])
    expect(edges('coronal')).toEqual(['R', 'L', 'S', 'I'])
    expect(edges('sagittal')).toEqual(['A', 'P', 'S', 'I'])
  })

  it('draws the picture with the same rows and columns as the outlines', async () => {
    const shown = (await reader.describe(ID))!
    const view = planeView(shown.grid, 'axial')
    const png = decode(
      await reader.picture(LOOKED, {
        plane: 'axial',
        index: shown.start[2],
        images: shown.images.map(({ name, window }) => ({ name, window })),
      }),
    )
    expect([png.width, png.height]).toEqual([view.width, view.height * 4])
    // Enhancing tumour is the brightest of the brain after contrast: brighter inside the outline than its mirror image.
    const n = shown.images.findIndex(({ name }) => name === 'T1c')
    const rim = (await sample.spool.plane(ID, 'labels', 2, shown.start[2])) as Uint16Array
    let [inside, mirrored, count] = [0, 0, 0]
    for (let v = 0; v < view.height; v++)
      for (let u = 0; u < view.width; u++) {
        if (rim[u + view.width * v] !== 3) continue
        inside += png.data[u + view.width * (v + n * view.height)]!
        mirrored += png.data[view.width - 1 - u + view.width * (v + n * view.height)]!
        count += 1
      }
    expect(count).toBeGreaterThan(20)
    expect(inside / count).toBeGreaterThan(mirrored / count + 40)
  })
})
