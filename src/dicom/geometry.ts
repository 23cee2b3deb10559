// From slices to a regular grid in patient space (PS3.3 C.7.6.2.1.1), or the reason why they do not form one.

import type { Grid, Vec3 } from '../domain/volume.ts'
import { GRID_LIMITS, type GridTolerances } from './image-limits.ts'
import type { Slice } from './slices.ts'
import { instanceName } from './uid.ts'

/** Why slices do not form a volume; the caller names the series. */
export class GeometryRefusal extends Error {}

const DEFAULTS = Object.fromEntries(
  Object.entries(GRID_LIMITS).map(([name, { value }]) => [name, value]),
) as GridTolerances

/**
 * The grid of the slices and the slices in ascending order along the normal (row cosine x column cosine).
 * i is the column index, j the row index, k the slice: a right-handed orthonormal direction; origin and spacing in mm.
 * `tolerances` says how far the slices may lie from that grid; GRID_LIMITS has each one's meaning, unit, default and source.
 * Throws GeometryRefusal when slices are too few, of several orientations, sizes, stacks, times or echoes, twice at one position,
 * unevenly spaced, or stacked askew.
 */
export function gridOf(
  slices: readonly Slice[],
  tolerances: Partial<GridTolerances> = {},
): { grid: Grid; ordered: Slice[] } {
  const within = { ...DEFAULTS, ...tolerances }
  const [first] = slices
  if (first === undefined || slices.length < within.minSlices) {
    throw new GeometryRefusal(`it has ${slices.length} slices; a volume needs at least ${within.minSlices}`)
  }
  refuseMixed(slices, first, within)
  const axes = axesOf(first, within)
  const placed = slices
    .map((slice) => ({ slice, along: dot(slice.position, axes.normal) }))
    .sort((a, b) => a.along - b.along)
  refuseDuplicates(placed, within)
  const spacing = regularSpacing(placed, within)
  refuseTilt(placed, axes.normal, within)
  const ordered = placed.map(({ slice }) => slice)
  const { row, column, normal } = axes
  const grid: Grid = {
    size: [first.columns, first.rows, slices.length],
    spacing: [first.pixelSpacing[1], first.pixelSpacing[0], spacing],
    origin: ordered[0]!.position,
    direction: [row[0], column[0], normal[0], row[1], column[1], normal[1], row[2], column[2], normal[2]],
  }
  return { grid, ordered }
}

/** Scanners write echo times with more digits than they keep constant: values within a share of the smaller, or 0.1 ms, are one echo. */
const SAME_ECHO = { share: 0.02, ms: 0.1 }

/** Ascending, ms. */
export function distinctEchoTimes(echoTimes: readonly number[]): number[] {
  const sorted = [...new Set(echoTimes)].sort((a, b) => a - b)
  const distinct: number[] = []
  for (const ms of sorted) {
    const last = distinct.at(-1)
    if (last === undefined || !isSameEcho(ms, last)) distinct.push(ms)
  }
  return distinct
}

/** ms */
export function isSameEcho(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(SAME_ECHO.share * Math.min(a, b), SAME_ECHO.ms)
}

interface Placed {
  slice: Slice
  /** mm along the normal */
  along: number
}

function refuseMixed(slices: readonly Slice[], first: Slice, within: GridTolerances): void {
  const sameDirection = Math.cos((within.direction * Math.PI) / 180)
  const near = (a: number, b: number) => Math.abs(a - b) <= within.length * Math.max(a, b)
  if (slices.some(({ imageType }) => imageType.includes('MOSAIC'))) {
    throw new GeometryRefusal('its images are mosaics (ImageType MOSAIC): many slices in one image')
  }
  const differs = (what: string, same: (slice: Slice) => boolean) => {
    const odd = slices.findIndex((slice) => !same(slice))
    if (odd >= 0) throw new GeometryRefusal(`its slices have different ${what} (first in ${nameOf(slices[odd]!)})`)
  }
  differs('FrameOfReferenceUID', (slice) => slice.frameOfReferenceUid === first.frameOfReferenceUid)
  differs(
    'orientations (ImageOrientationPatient)',
    (slice) =>
      dot(unit(slice.rowCosine), unit(first.rowCosine)) >= sameDirection &&
      dot(unit(slice.columnCosine), unit(first.columnCosine)) >= sameDirection,
  )
  differs('Rows or Columns', (slice) => slice.rows === first.rows && slice.columns === first.columns)
  differs(
    'PixelSpacing',
    (slice) => near(slice.pixelSpacing[0], first.pixelSpacing[0]) && near(slice.pixelSpacing[1], first.pixelSpacing[1]),
  )
  if (isSplitBy(slices, within, ({ stackId }) => stackId))
    throw new GeometryRefusal('its slices have different StackID: several stacks in one series')
  if (isSplitBy(slices, within, ({ temporalPosition }) => temporalPosition))
    throw new GeometryRefusal('its slices have different temporal positions: several time points in one series')
  const echoes = distinctEchoTimes(slices.flatMap(({ echoTime }) => echoTime ?? []))
  const named = echoes.slice(0, 4).map((ms) => ms.toFixed(1))
  if (echoes.length > 1) throw new GeometryRefusal(`it holds several echoes (EchoTime ${named.join(', ')} ms)`)
  if (echoes.length === 1) differs('EchoTime: only some state one', ({ echoTime }) => echoTime !== undefined)
}

/** Whether a label distinguishes volumes: some writers number each slice, or label only some. Slices without a label contradict nothing. */
function isSplitBy(
  slices: readonly Slice[],
  { minSlices }: GridTolerances,
  labelOf: (slice: Slice) => string,
): boolean {
  const groups = Map.groupBy(
    slices.map(labelOf).filter((label) => label !== ''),
    (label) => label,
  )
  return groups.size > 1 && [...groups.values()].every((members) => members.length >= minSlices)
}

function axesOf(slice: Slice, within: GridTolerances): { row: Vec3; column: Vec3; normal: Vec3 } {
  const lengths = [norm(slice.rowCosine), norm(slice.columnCosine)]
  const row = unit(slice.rowCosine)
  const skew = dot(row, unit(slice.columnCosine))
  if (lengths.some((length) => Math.abs(length - 1) > within.length) || Math.abs(skew) > within.perpendicular) {
    throw new GeometryRefusal('ImageOrientationPatient does not hold two perpendicular unit vectors')
  }
  const [x, y, z] = unit(slice.columnCosine)
  const column = unit([x - skew * row[0], y - skew * row[1], z - skew * row[2]])
  return { row, column, normal: cross(row, column) }
}

function refuseDuplicates(placed: readonly Placed[], { samePosition }: GridTolerances): void {
  const distances = distancesOf(placed)
  const at = distances.findIndex((distance) => distance < samePosition)
  if (at < 0) return
  const positions = 1 + distances.filter((distance) => distance >= samePosition).length
  const each = placed.length / positions
  if (Number.isInteger(each) && positions > 1) {
    throw new GeometryRefusal(
      `it has ${each} slices at each of ${positions} positions: several volumes in one series, or every slice sent twice`,
    )
  }
  throw new GeometryRefusal(
    `${nameOf(placed[at]!.slice)} and ${nameOf(placed[at + 1]!.slice)} are at the same position (duplicate slices)`,
  )
}

/** The mean distance between neighbours, once all distances were found equal. */
function regularSpacing(placed: readonly Placed[], within: GridTolerances): number {
  const distances = distancesOf(placed)
  const median = [...distances].sort((a, b) => a - b)[distances.length >> 1]!
  const allowed = Math.max(within.spacingShare * median, within.spacing)
  const at = distances.findIndex((distance) => Math.abs(distance - median) > allowed)
  if (at >= 0) {
    const missing = Math.round(distances[at]! / median) - 1
    const what = missing > 0 ? `a gap: about ${missing} missing` : 'unequal spacing'
    throw new GeometryRefusal(
      `its slices have ${what} between slice ${at + 1} and ${at + 2} of ${placed.length} ` +
        `(${placed[at]!.along.toFixed(2)} and ${placed[at + 1]!.along.toFixed(2)} mm along the normal, ` +
        `usual distance ${median.toFixed(3)} mm)`,
    )
  }
  const start = placed[0]!.along
  const spacing = (placed.at(-1)!.along - start) / (placed.length - 1)
  const off = placed.findIndex(({ along }, index) => Math.abs(along - start - index * spacing) > within.place * spacing)
  if (off >= 0)
    throw new GeometryRefusal(
      `its slices have unequal spacing: slice ${off + 1} of ${placed.length} is off the regular grid`,
    )
  return spacing
}

function refuseTilt(placed: readonly Placed[], normal: Vec3, within: GridTolerances): void {
  const origin = placed[0]!
  for (const { slice, along } of placed) {
    const depth = along - origin.along
    const shift = norm(
      [0, 1, 2].map(
        (axis) => slice.position[axis]! - origin.slice.position[axis]! - depth * normal[axis]!,
      ) as unknown as Vec3,
    )
    if (shift > within.shift * Math.min(...slice.pixelSpacing)) {
      const degrees = (Math.atan2(shift, depth) * 180) / Math.PI
      throw new GeometryRefusal(
        `its slices are not stacked along their normal (gantry tilt or shear of ${degrees.toFixed(1)} degrees, ${shift.toFixed(2)} mm at ${nameOf(slice)})`,
      )
    }
  }
}

function distancesOf(placed: readonly Placed[]): number[] {
  return placed.slice(1).map(({ along }, index) => along - placed[index]!.along)
}

function nameOf({ sopInstanceUid, frameNumber }: Slice): string {
  const instance = instanceName(sopInstanceUid)
  return frameNumber === undefined ? instance : `frame ${frameNumber} of ${instance}`
}

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

function norm(v: Vec3): number {
  return Math.sqrt(dot(v, v))
}

function unit(v: Vec3): Vec3 {
  const length = norm(v)
  return [v[0] / length, v[1] / length, v[2] / length]
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
