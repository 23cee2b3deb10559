// Voxel count and centre of each segment in patient space: what any two readers of one segmentation must agree on.
import type { ReadSegmentation } from '../../demo/read-segmentation.ts'
import { toPatient, type Vec3 } from '../../src/domain/volume.ts'
import type { CornerstoneReading, DcmqiReading } from './dicom-validators.ts'

export interface Moment {
  voxels: number
  /** LPS mm */
  centre: Vec3
}

export type Moments = Map<number, Moment>

class Sums {
  readonly #sums = new Map<number, [count: number, x: number, y: number, z: number]>()

  add(segment: number, [x, y, z]: Vec3): void {
    const sum = this.#sums.get(segment) ?? [0, 0, 0, 0]
    this.#sums.set(segment, [sum[0] + 1, sum[1] + x, sum[2] + y, sum[3] + z])
  }

  moments(): Moments {
    const entries = [...this.#sums].sort(([a], [b]) => a - b)
    return new Map(entries.map(([segment, [n, x, y, z]]) => [segment, { voxels: n, centre: [x / n, y / n, z / n] }]))
  }
}

/** As our own reader of the stored object has them. */
export function momentsOfStored(seg: ReadSegmentation): Moments {
  const sums = new Sums()
  for (const { segment, position, mask } of seg.frames) {
    mask.forEach((on, p) => {
      if (!on) return
      const column = (p % seg.columns) * seg.spacing[1]
      const row = Math.floor(p / seg.columns) * seg.spacing[0]
      const at = (axis: 0 | 1 | 2) => position[axis] + column * seg.rowCosine[axis] + row * seg.columnCosine[axis]
      sums.add(segment, [at(0), at(1), at(2)])
    })
  }
  return sums.moments()
}

/** Of labels by slice, row and column with an affine from these to LPS mm, as highdicom gives them. */
export function momentsOfAffine(labels: ArrayLike<number>, shape: readonly number[], affine: number[][]): Moments {
  const [, rows = 0, columns = 0] = shape
  const sums = new Sums()
  for (let n = 0; n < labels.length; n++) {
    if (labels[n] === 0) continue
    const index = [Math.floor(n / (rows * columns)), Math.floor(n / columns) % rows, n % columns]
    const at = (axis: number) =>
      affine[axis]![0]! * index[0]! + affine[axis]![1]! * index[1]! + affine[axis]![2]! * index[2]! + affine[axis]![3]!
    sums.add(labels[n]!, [at(0), at(1), at(2)])
  }
  return sums.moments()
}

/** Of dcmqi's answer, which has one value per voxel and group of segments that do not overlap. */
export function momentsOfDcmqi(reading: DcmqiReading, values: Int16Array): Moments {
  const [nx, ny] = reading.size
  const sums = new Sums()
  for (let n = 0; n < values.length; n++) {
    if (values[n] === 0) continue
    const at = Math.floor(n / reading.components)
    sums.add(values[n]!, toPatient(reading, [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))]))
  }
  return sums.moments()
}

/** Of Cornerstone's label images, one per plane. */
export function momentsOfCornerstone({ planes }: CornerstoneReading, values: Uint8Array): Moments {
  const [columns, rows] = planes[0]!.size
  const sums = new Sums()
  for (let n = 0; n < values.length; n++) {
    if (values[n] === 0) continue
    const { position, row, column, spacing } = planes[Math.floor(n / (rows * columns))]!
    const [x, y] = [(n % columns) * spacing[1], (Math.floor(n / columns) % rows) * spacing[0]]
    const at = (axis: 0 | 1 | 2) => position[axis] + x * row[axis] + y * column[axis]
    sums.add(values[n]!, [at(0), at(1), at(2)])
  }
  return sums.moments()
}

/** One line per segment that differs; centres by more than 0.01 mm. */
export function differences(found: Moments, expected: Moments): string[] {
  const segments = [...new Set([...found.keys(), ...expected.keys()])]
  return segments.flatMap((segment) => {
    const [a, b] = [found.get(segment), expected.get(segment)]
    if (a === undefined || b === undefined) return [`segment ${segment} is only in one of them`]
    if (a.voxels !== b.voxels) return [`segment ${segment}: ${a.voxels} voxels, not ${b.voxels}`]
    const off = Math.hypot(...a.centre.map((value, axis) => value - b.centre[axis]!))
    return off <= 0.01 ? [] : [`segment ${segment}: its centre is ${off.toFixed(3)} mm away`]
  })
}
