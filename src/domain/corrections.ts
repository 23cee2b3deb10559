// A result as a reviewer corrected it: every correction fits the result and the others, and what hangs on a corrected value follows it.
import type { Comparison, VolumeChange } from './comparison.ts'
import { derivedEdits, QUOTED_WITHIN_ML } from './corrected-volumes.ts'
import { AppError } from './errors.ts'
import type { AnalysisResult, Measurement, Prediction, QualityNote } from './finding.ts'
import { callOf, correctedRegions, type Edit, measurementTarget, predictionTarget } from './review.ts'

export type Correctable = Pick<
  AnalysisResult,
  'measurements' | 'segments' | 'noFinding' | 'predictions' | 'diameters' | 'comparison' | 'quality'
>

/** Throws REVIEW_INVALID naming each edit that does not fit the result or contradicts another. */
export function checkEdits(result: Correctable, edits: readonly Edit[]): void {
  const { problems } = correct(result, edits)
  if (problems.length > 0) throw new AppError('REVIEW_INVALID', problems.join('; '))
}

/** The reviewer's edits and those that follow from them. */
export function effectiveEdits(result: Correctable, edits: readonly Edit[]): Edit[] {
  return correct(result, edits).edits
}

/** The result with all edits. They were checked when the review was recorded, by the rules of that day, and are not refused later. */
export function applyEdits<T extends Correctable>(result: T, edits: readonly Edit[]): T {
  return correct(result, edits).result
}

function correct<T extends Correctable>(
  result: T,
  given: readonly Edit[],
): { result: T; edits: Edit[]; problems: string[] } {
  const stated = given.filter(({ isDerived }) => !isDerived)
  const problems: string[] = []
  const edits = [...stated, ...derivedEdits(result, stated, problems)]
  const measurements = result.measurements.map((measurement) => {
    const edit = edits.find(({ target }) => target === measurementTarget(measurement.region))
    return edit ? editedMeasurement(measurement, edit, problems) : measurement
  })
  const predictions = result.predictions.map((prediction) => {
    const edit = stated.find(({ target }) => target === predictionTarget(prediction.head))
    return edit ? editedPrediction(prediction, edit, problems) : prediction
  })
  problems.push(...strangers(result, stated))
  const regions = correctedRegions(edits)
  return {
    result: { ...result, measurements, predictions, ...consequences(result, measurements, regions) },
    edits,
    problems,
  }
}

function strangers({ measurements, predictions }: Correctable, edits: readonly Edit[]): string[] {
  const known = [
    ...measurements.map(({ region }) => measurementTarget(region)),
    ...predictions.map(({ head }) => predictionTarget(head)),
  ]
  const targets = edits.map(({ target }) => target)
  return [
    ...new Set(
      targets.filter((target, n) => targets.indexOf(target) !== n).map((target) => `${target} is edited twice`),
    ),
    ...targets.filter((target) => !known.includes(target)).map((target) => `the result has no ${target}`),
  ]
}

/** The estimate of uncertainty was the software's, for its own value: it goes. */
function editedMeasurement(measurement: Measurement, edit: Edit, problems: string[]): Measurement {
  const { standardDeviation: _its, ...rest } = measurement
  if (typeof edit.from !== 'number' || Math.abs(edit.from - measurement.value) > QUOTED_WITHIN_ML)
    problems.push(`${edit.target}: from is not what the software measured`)
  if (typeof edit.to !== 'number' || edit.to < 0) {
    problems.push(`${edit.target}: to must be a volume in mL`)
    return measurement
  }
  return { ...rest, value: edit.to }
}

function editedPrediction(prediction: Prediction, edit: Edit, problems: string[]): Prediction {
  if (prediction.head === 'survival') {
    problems.push('prediction.survival: probabilities of survival cannot be edited; reject the analysis instead')
    return prediction
  }
  if (edit.from !== callOf(prediction)) problems.push(`${edit.target}: from is not what the software called`)
  const given = prediction.status === 'not-evaluable' ? undefined : prediction
  const classes = given ? Object.keys(given.probabilities) : []
  if (typeof edit.to !== 'string' || (edit.to !== 'indeterminate' && given && !classes.includes(edit.to))) {
    problems.push(`${edit.target}: to must be indeterminate or one of ${classes.join(', ')}`)
    return prediction
  }
  const {
    call: _call,
    remaining: _remaining,
    reason: _reason,
    bounds: _bounds,
    errorBudget: _budget,
    errorRate: _rate,
    leastCall: _least,
    ...rest
  } = given ?? {
    head: prediction.head,
    probabilities: {},
    intervals: {},
    explanation: [],
  }
  return edit.to === 'indeterminate'
    ? { ...rest, status: 'indeterminate' }
    : { ...rest, status: 'evaluable', call: edit.to }
}

const ENHANCING = 'ET'

/** What was measured on an outline that the reviewer corrected cannot stand beside the corrected volume. */
function consequences(
  { quality, diameters, comparison }: Correctable,
  measurements: readonly Measurement[],
  regions: readonly string[],
): Pick<Correctable, 'quality' | 'comparison'> & { diameters?: NonNullable<Correctable['diameters']> } {
  if (regions.length === 0) return { quality }
  const isEnhancing = regions.includes(ENHANCING)
  const note: QualityNote = {
    code: 'corrected-on-review',
    severity: 'warning',
    text: `Volumes were corrected on review; the outlines are the software's and were not redrawn.${isEnhancing && (diameters ?? []).length > 0 ? ' The diameters of the enhancing tumour, measured on them, are left out.' : ''}`,
  }
  return {
    quality: [...quality, note],
    ...(isEnhancing && diameters && { diameters: [] }),
    ...(comparison && { comparison: correctedComparison(comparison, measurements, regions) }),
  }
}

function correctedComparison(
  comparison: Comparison,
  measurements: readonly Measurement[],
  regions: readonly string[],
): Comparison {
  const volumes = comparison.volumes.map((change): VolumeChange => {
    const now = measurements.find(({ region }) => region === change.region)?.value
    if (now === undefined || !regions.includes(change.region)) return change
    const { region, name, earlier } = change
    const difference = now - earlier
    return {
      region,
      name,
      earlier,
      now,
      change: difference,
      ...(earlier > 0 && { percent: (100 * difference) / earlier }),
    }
  })
  if (!regions.includes(ENHANCING)) return { ...comparison, volumes }
  const { productThen, productNow } = comparison.response
  const reasons = ['A reviewer corrected the enhancing tumour, and its diameters were not measured again.']
  return { ...comparison, volumes, response: { productThen, productNow, reasons } }
}
