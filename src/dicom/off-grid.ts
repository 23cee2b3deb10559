// Slices of a series that lie off the regular grid of all others: a scout, or a slice of another stack with the same orientation.
import type { Instance } from '../domain/study.ts'
import { numbers } from './dataset.ts'
import { GRID_LIMITS } from './image-limits.ts'

/** With fewer slices, one odd slice cannot be distinguished from unequal spacing. */
const MIN_SLICES = 10
/** If more than this share is odd, the series itself is irregular. */
const SHARE = 0.1
/** How far a slice may be from its place, as a share of the slice distance. */
const OFF_PLACE = 0.2
/** How far a slice may be shifted in its plane (mm) from the usual position. */
const SHIFT_MM = 2
/** A single slice this many slice distances away does not belong to the stack; if it is closer, slices in between are missing. */
const FAR = 6

interface Placed {
  instance: Instance
  /** mm along the normal */
  along: number
  /** The position without its component along the normal, in mm. */
  within: number[]
}

/**
 * The slices without which all others form one evenly spaced stack; none if they already do, or if more than a few are odd. All
 * instances have one orientation.
 */
export function offGrid(instances: readonly Instance[]): Instance[] {
  const placed = instances.flatMap(placeOf).sort((a, b) => a.along - b.along)
  if (placed.length < MIN_SLICES || placed.length < instances.length) return []
  const spacing = median(distancesOf(placed).filter((mm) => mm > GRID_LIMITS.samePosition.value))
  const phaseOf = ({ along }: Placed) => along - spacing * Math.round(along / spacing)
  const usual = [0, 1, 2].map((axis) => median(placed.map(({ within }) => within[axis]!)))
  const phase = commonPhase(placed.map(phaseOf), spacing)
  const kept = placed
    .filter((one) => apart(phaseOf(one), phase, spacing) <= OFF_PLACE * spacing)
    .filter(({ within }) => Math.hypot(...within.map((mm, axis) => mm - usual[axis]!)) <= SHIFT_MM)
  const stack = withoutFarEnds(kept, spacing)
  const odd = placed.filter((one) => !stack.includes(one))
  const isEven = distancesOf(stack).every((mm) => Math.abs(mm - spacing) <= OFF_PLACE * spacing)
  return isEven && odd.length <= SHARE * placed.length ? odd.map(({ instance }) => instance) : []
}

function placeOf(instance: Instance): Placed[] {
  const position = numbers(instance.metadata, 'ImagePositionPatient')
  const cosines = numbers(instance.metadata, 'ImageOrientationPatient')
  if (![...position, ...cosines].every(Number.isFinite) || position.length !== 3 || cosines.length !== 6) return []
  const [ax, ay, az, bx, by, bz] = cosines as [number, number, number, number, number, number]
  const normal = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]
  const along = normal.reduce((sum, value, axis) => sum + value * position[axis]!, 0)
  return [{ instance, along, within: position.map((mm, axis) => mm - along * normal[axis]!) }]
}

const distancesOf = (placed: readonly Placed[]) =>
  placed.slice(1).map(({ along }, index) => along - placed[index]!.along)

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** Distance between two phases of a grid, which repeats with its spacing. */
function apart(a: number, b: number, spacing: number): number {
  const mm = Math.abs(a - b) % spacing
  return Math.min(mm, spacing - mm)
}

/** The phase with the most slices; rounded headers differ a little. */
function commonPhase(phases: readonly number[], spacing: number): number {
  const near = (phase: number) => phases.filter((other) => apart(other, phase, spacing) <= OFF_PLACE * spacing).length
  const counts = new Map([...new Set(phases)].map((phase) => [phase, near(phase)]))
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0]
}

/** A single first or last slice is dropped if it is far from its neighbour. */
function withoutFarEnds(placed: readonly Placed[], spacing: number): Placed[] {
  const distances = distancesOf(placed)
  const isFar = (mm: number | undefined) => mm !== undefined && mm > FAR * spacing
  return placed.slice(isFar(distances[0]) ? 1 : 0, isFar(distances.at(-1)) ? -1 : undefined)
}
