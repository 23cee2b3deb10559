// The volumes of one segmentation depend on each other: a region is the sum of its labels. Corrections must keep that, or are refused.
import type { AnalysisResult, Measurement } from './finding.ts'
import { type Edit, measurementTarget } from './review.ts'

/** Volumes are shown with two decimals at most, so a reviewer may quote rounded values. */
export const QUOTED_WITHIN_ML = 0.05

type Measured = Pick<AnalysisResult, 'measurements' | 'segments' | 'noFinding'>

interface EditedVolume {
  measurement: Measurement
  labels: readonly number[]
  to: number
}

/**
 * The edits of sums that follow from edited parts. `problems` gets a line for every edited volume that contradicts another:
 * a sum that differs from its parts, or one that would make a part negative.
 */
export function derivedEdits(result: Measured, edits: readonly Edit[], problems: string[]): Edit[] {
  const edited = editedVolumes(result, edits)
  if (edited.length === 0) return []
  if (result.noFinding) {
    problems.push('the software segmented no tumour, so there is no volume to correct; reject the analysis instead')
    return []
  }
  const changes = changesByLabel(result, edited, problems)
  const derived = result.measurements.flatMap((measurement): Edit[] => {
    const change = sumOf(labelsOf(measurement, result), changes)
    if (edited.some((one) => one.measurement === measurement) || Math.abs(change) < 1e-9) return []
    const to = Math.max(0, Number((measurement.value + change).toFixed(3)))
    const target = measurementTarget(measurement.region)
    return [{ target, from: measurement.value, to, reason: 'sum of its parts', isDerived: true }]
  })
  problems.push(...outOfOrder(result, [...edits, ...derived]))
  const isEmpty = [...edits, ...derived].some(({ target, to }) => target === measurementTarget('WT') && to === 0)
  if (isEmpty) problems.push('measurement.WT: nothing would be left of the tumour; reject the analysis instead')
  return derived
}

/** Each lies in the next (BraTS); used for results of earlier versions, which do not state the labels of a region. */
const NESTED = ['ET', 'TC', 'WT']

function outOfOrder({ measurements }: Measured, edits: readonly Edit[]): string[] {
  const volumes = NESTED.flatMap((region) => {
    const measured = measurements.find((one) => one.region === region)
    const to = edits.find(({ target }) => target === measurementTarget(region))?.to
    return measured && !measured.labels ? [{ region, value: typeof to === 'number' ? to : measured.value }] : []
  })
  return volumes.slice(1).flatMap(({ region, value }, n) => {
    const inner = volumes[n]!
    if (inner.value <= value + QUOTED_WITHIN_ML) return []
    return [
      `measurement.${region}: ${value.toFixed(2)} mL is less than ${inner.region}, ${inner.value.toFixed(2)} mL, which lies in it`,
    ]
  })
}

function editedVolumes(result: Measured, edits: readonly Edit[]): EditedVolume[] {
  return result.measurements.flatMap((measurement) => {
    const to = edits.find(({ target }) => target === measurementTarget(measurement.region))?.to
    return typeof to === 'number' && to >= 0 ? [{ measurement, to, labels: labelsOf(measurement, result) }] : []
  })
}

function labelsOf({ region, labels }: Measurement, { segments }: Measured): readonly number[] {
  return labels ?? segments.filter(({ key }) => key === region).map(({ label }) => label)
}

const sumOf = (labels: readonly number[], by: ReadonlyMap<number, number>) =>
  labels.reduce((sum, label) => sum + (by.get(label) ?? 0), 0)

/**
 * How much the edits change the volume of each label, in mL. Regions of fewer labels come first. An edit that is not the sum of its
 * parts is accepted only if there is one way to read it: exactly one part has no volume of its own, and takes the difference.
 */
function changesByLabel(result: Measured, edited: readonly EditedVolume[], problems: string[]): Map<number, number> {
  const alone = new Map(
    result.measurements.flatMap((measurement) => {
      const labels = labelsOf(measurement, result)
      return labels.length === 1 ? [[labels[0]!, measurement.value] as const] : []
    }),
  )
  const changes = new Map<number, number>()
  for (const { measurement, labels, to } of edited.toSorted((a, b) => a.labels.length - b.labels.length)) {
    if (labels.length === 0) continue
    const isStated = labels.length === 1 && !changes.has(labels[0]!)
    const expected = measurement.value + sumOf(labels, changes)
    const rest = to - expected
    if (!isStated && Math.abs(rest) <= QUOTED_WITHIN_ML * labels.length) continue
    const open = isStated ? labels : labels.filter((label) => !alone.has(label) && !changes.has(label))
    const before = measurement.value - sumOf(labels, alone)
    if (open.length !== 1)
      problems.push(
        `measurement.${measurement.region}: ${to.toFixed(2)} mL is not the sum of its parts, which is ${expected.toFixed(2)} mL; correct the parts, and the sum follows`,
      )
    else if (!isStated && before + rest < -QUOTED_WITHIN_ML)
      problems.push(`measurement.${measurement.region}: ${to.toFixed(2)} mL is less than the parts that lie in it`)
    else changes.set(open[0]!, rest)
  }
  return changes
}
