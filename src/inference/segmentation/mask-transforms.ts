// The operations on a mask that a bundle can declare: components, holes, closing. Masks are 1 inside and 0 outside, on one grid.
import type { Grid } from '../../domain/volume.ts'
import type { MaskTransform } from '../bundle/graph.ts'
import { componentsOf, removeSmallComponents } from '../volumes/components.ts'
import { voxelsIn } from './decision.ts'

/** 1 where a value is above `threshold`. */
export function maskAbove(values: Float32Array, threshold: number): Uint8Array {
  const mask = new Uint8Array(values.length)
  for (let v = 0; v < mask.length; v++) if (values[v]! > threshold) mask[v] = 1
  return mask
}

/** Returns the transformed mask; the given one is not changed. */
export function transformMask(mask: Uint8Array, grid: Grid, transform: MaskTransform): Uint8Array {
  switch (transform.name) {
    case 'KeepLargestConnectedComponent':
      return keepLargest(mask, grid, transform.num_components ?? 1)
    case 'RemoveSmallObjects': {
      const data = mask.slice()
      removeSmallComponents({ grid, data }, voxelsIn(transform.min_size_ml, grid))
      return data
    }
    case 'FillHoles':
      return transform.per_slice ? fillHolesPerSlice(mask, grid.size) : fillHoles(mask, grid.size)
    case 'BinaryClosing':
      return close(mask, grid.size, transform.iterations ?? 1)
  }
}

/** The largest components (26 neighbours); of equal ones, the one that begins first. */
function keepLargest(data: Uint8Array, grid: Grid, count: number): Uint8Array {
  const largest = [...componentsOf({ grid, data })].toSorted((a, b) => b.length - a.length).slice(0, count)
  const out = new Uint8Array(data.length)
  for (const component of largest) for (const at of component) out[at] = 1
  return out
}

/** Slices across the third axis, the second, and the first. */
const PLANES: readonly (readonly number[])[] = [
  [0, 1],
  [0, 2],
  [1, 2],
]

/** Also fills what is a hole in a slice of any of the three planes. */
function fillHolesPerSlice(mask: Uint8Array, size: Grid['size']): Uint8Array {
  const planes = PLANES.map((axes) => fillHoles(mask, size, axes))
  const out = mask.slice()
  for (const filled of planes) for (let v = 0; v < out.length; v++) if (filled[v] === 1) out[v] = 1
  return out
}

/** Fills what cannot be reached from the border by steps along `axes`. */
function fillHoles(mask: Uint8Array, size: Grid['size'], axes: readonly number[] = [0, 1, 2]): Uint8Array {
  const out = new Uint8Array(mask.length).fill(1)
  const strides = [1, size[0], size[0] * size[1]]
  const reached: number[] = []
  const reach = (at: number) => {
    if (mask[at] !== 0 || out[at] === 0) return
    out[at] = 0
    reached.push(at)
  }
  const placeOn = (axis: number, at: number) => Math.floor(at / strides[axis]!) % size[axis]!
  const isLast = (axis: number, place: number) => place === size[axis]! - 1
  for (let v = 0; v < mask.length; v++) {
    const isOnBorder = axes.some((axis) => {
      const place = placeOn(axis, v)
      return place === 0 || isLast(axis, place)
    })
    if (isOnBorder) reach(v)
  }
  for (let at = reached.pop(); at !== undefined; at = reached.pop()) {
    for (const axis of axes) {
      const place = placeOn(axis, at)
      if (place > 0) reach(at - strides[axis]!)
      if (!isLast(axis, place)) reach(at + strides[axis]!)
    }
  }
  return out
}

/** Dilation, then erosion, by a cube of 3 voxels, as on an unbounded grid: the mask is padded with a margin that holds the growth. */
function close(mask: Uint8Array, [nx, ny, nz]: Grid['size'], iterations: number): Uint8Array {
  const size = [nx + 2 * iterations, ny + 2 * iterations, nz + 2 * iterations] as const
  const start = iterations * (1 + size[0] * (1 + size[1]))
  const rowAt = (j: number, k: number) => start + size[0] * (j + size[1] * k)
  let wide: Uint8Array = new Uint8Array(size[0] * size[1] * size[2])
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) wide.set(mask.subarray(nx * (j + ny * k), nx * (j + 1 + ny * k)), rowAt(j, k))
  wide = shrunk(grown(wide, size, iterations), size, iterations)
  const out = new Uint8Array(mask.length)
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) out.set(wide.subarray(rowAt(j, k), rowAt(j, k) + nx), nx * (j + ny * k))
  return out
}

/** Dilation by a cube of 3 voxels, this many times. */
export function grown(mask: Uint8Array, size: Grid['size'], iterations: number): Uint8Array {
  return extreme(mask, size, iterations, 1)
}

/** Erosion by a cube of 3 voxels, this many times; what lies beyond the grid does not erode. */
export function shrunk(mask: Uint8Array, size: Grid['size'], iterations: number): Uint8Array {
  return extreme(mask, size, iterations, 0)
}

/**
 * Sets a voxel to `value` if one within `reach` voxels along every axis has it, axis by axis. Each axis takes two passes, however far they
 * reach: `steps` counts down from the last voxel with the value.
 */
function extreme(mask: Uint8Array, [nx, ny, nz]: Grid['size'], reach: number, value: 0 | 1): Uint8Array {
  const out = mask.slice()
  const steps = new Uint8Array(mask.length)
  for (const [count, stride] of [
    [nx, 1],
    [ny, nx],
    [nz, nx * ny],
  ] as const) {
    const length = count * stride
    for (let v = 0; v < out.length; v++) steps[v] = out[v] === value ? reach + 1 : 0
    for (let line = 0; line < out.length; line += length) {
      for (let v = line + stride; v < line + length; v++)
        if (steps[v - stride]! > steps[v]!) steps[v] = steps[v - stride]! - 1
      for (let v = line + length - stride - 1; v >= line; v--)
        if (steps[v + stride]! > steps[v]!) steps[v] = steps[v + stride]! - 1
    }
    for (let v = 0; v < out.length; v++) if (steps[v] !== 0) out[v] = value
  }
  return out
}

/** Voxel range [from, to) of what is inside; undefined for an empty mask. */
export function boundsOf(mask: Uint8Array, [nx, ny]: Grid['size']): { from: Triple; to: Triple } | undefined {
  const from: Triple = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const to: Triple = [0, 0, 0]
  for (let v = mask.indexOf(1); v >= 0 && v < mask.length; v++) {
    if (mask[v] === 0) continue
    const at = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))]
    for (let axis = 0; axis < 3; axis++) {
      from[axis] = Math.min(from[axis]!, at[axis]!)
      to[axis] = Math.max(to[axis]!, at[axis]! + 1)
    }
  }
  return to[0] === 0 ? undefined : { from, to }
}

type Triple = [number, number, number]
