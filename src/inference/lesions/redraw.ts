// Outlines as corrected by a reviewer: segments and lesions removed, brush strokes applied, and everything measured again.
import { paintStrokes, type Stroke } from '../../domain/brush.ts'
import {
  type Bidimensional,
  MAX_NAMED_LESIONS,
  type Measurement,
  numberOf,
  type ReportableResult,
  type Segment,
} from '../../domain/finding.ts'
import { type Edit, type Redrawn, targetOf } from '../../domain/review.ts'
import { type LabelVolume, voxelMillilitres } from '../../domain/volume.ts'
import { type MeasuredLesion, measureLesions, targetLesions } from './diameters.ts'
import { lesionOf, wholeLesions } from './link-lesions.ts'

/** The lesions of the whole tumour, named as in the result. */
export function namedLesions(labels: LabelVolume, members: readonly number[]) {
  return wholeLesions(labels, members)
    .slice(0, MAX_NAMED_LESIONS)
    .map((voxels) => {
      const { millilitres, centre } = lesionOf(labels.grid, voxels)
      return { millilitres, centre }
    })
}

export interface Drawing {
  edits: readonly Edit[]
  strokes: readonly Stroke[]
}

/** The software's labels with the reviewer's corrections; the given volume is not changed. */
export function redrawLabels(
  software: LabelVolume,
  result: Pick<ReportableResult, 'segments'>,
  drawing: Drawing,
): LabelVolume {
  const { grid } = software
  const data = new Uint8Array(software.data)
  const members = result.segments.map(({ label }) => label)
  const targets = drawing.edits.flatMap((edit) => targetOf(edit) ?? [])
  const lesions = targets.flatMap((target) => ('lesion' in target ? [target.lesion - 1] : []))
  // Lesions are numbered by the software's outlines, so they are removed before anything else changes.
  const parts = lesions.length > 0 ? wholeLesions(software, members) : []
  for (const lesion of lesions) for (const at of parts[lesion] ?? []) data[at] = 0
  const keys = new Set(targets.flatMap((target) => ('segment' in target ? [target.segment] : [])))
  const cleared = new Set(result.segments.filter(({ key }) => keys.has(key)).map(({ label }) => label))
  if (cleared.size > 0) for (let at = 0; at < data.length; at++) if (cleared.has(data[at]!)) data[at] = 0
  const [nx, ny] = grid.size
  paintStrokes(grid, drawing.strokes, ([i, j, k], label) => {
    data[i + nx * (j + ny * k)] = label
  })
  return { grid, data }
}

/** Measurements on the redrawn labels, in the terms of the result: the same segments and regions. */
export function measureRedrawn(
  software: LabelVolume,
  redrawn: LabelVolume,
  result: Pick<ReportableResult, 'segments' | 'measurements' | 'diameters'>,
): Omit<Redrawn, 'strokes'> {
  const [before, now] = [countsOf(software), countsOf(redrawn)]
  const changed = changedLabels(software, redrawn)
  const segments = result.segments.map(({ label, key, name }): Segment => {
    const by = changed.has(label) && { drawnBy: before[label] === 0 ? ('person' as const) : ('both' as const) }
    return { label, key, name, voxelCount: now[label]!, ...by }
  })
  const millilitres = voxelMillilitres(redrawn.grid)
  const measurements = result.measurements.map((one): Measurement => {
    const { standardDeviation: _software, ...rest } = one
    return { ...rest, value: (one.labels ?? []).reduce((sum, label) => sum + now[label]!, 0) * millilitres }
  })
  const enhancing = result.measurements.find(({ region }) => region === 'ET')?.labels ?? []
  return {
    segments,
    measurements,
    ...(result.diameters && {
      diameters: numbered(measureLesions(redrawn, enhancing), result.diameters, software, enhancing),
    }),
    lesions: namedLesions(
      redrawn,
      result.segments.map(({ label }) => label),
    ),
  }
}

/** A lesion keeps the number of the software's lesion that it overlaps most; new ones are numbered after those. */
function numbered(
  lesions: readonly MeasuredLesion[],
  ofSoftware: readonly Bidimensional[],
  software: LabelVolume,
  enhancing: readonly number[],
): Bidimensional[] {
  const followed = targetLesions(measureLesions(software, enhancing)).map(({ voxels }) => new Set(voxels))
  const shared = (n: number, { voxels }: MeasuredLesion) =>
    voxels.reduce((sum, at) => sum + Number(followed[n]!.has(at)), 0)
  const targets = targetLesions(lesions)
  const numbers = new Map<MeasuredLesion, number>()
  for (const [n, before] of ofSoftware.entries()) {
    if (!followed[n]) continue
    const free = targets.filter((one) => !numbers.has(one) && shared(n, one) > 0)
    const heir = free.sort((a, b) => shared(n, b) - shared(n, a))[0]
    if (heir) numbers.set(heir, numberOf(before, n))
  }
  let next = ofSoftware.reduce((most, lesion, n) => Math.max(most, numberOf(lesion, n)), 0)
  return targets.map((lesion) => ({ ...lesion.diameters, number: numbers.get(lesion) ?? ++next }))
}

function countsOf({ data }: LabelVolume): Float64Array {
  const counts = new Float64Array(256)
  for (const label of data) counts[label]!++
  return counts
}

/** Labels that gained or lost a voxel. */
function changedLabels({ data: before }: LabelVolume, { data: now }: LabelVolume): ReadonlySet<number> {
  const changed = new Set<number>()
  for (let at = 0; at < now.length; at++) if (before[at] !== now[at]) changed.add(before[at]!).add(now[at]!)
  return changed
}
