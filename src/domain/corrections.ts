// A result as a reviewer corrected it: every correction fits the result and the others, and what hangs on a corrected value follows it.
import { correctedComparison } from './corrected-comparison.ts'
import { correctedDiameters, editsDiameters } from './corrected-diameters.ts'
import { outlineProblems, redrawnEdits, redrawnResult } from './corrected-outlines.ts'
import { derivedEdits, QUOTED_WITHIN_ML } from './corrected-volumes.ts'
import { AppError } from './errors.ts'
import { type AnalysisResult, type Measurement, numberOf, type Prediction, type QualityNote } from './finding.ts'
import {
  callOf,
  correctedRegions,
  diametersTarget,
  type Edit,
  measurementTarget,
  predictionTarget,
  type Redrawn,
  type Review,
  redraws,
} from './review.ts'

export type Correctable = Pick<
  AnalysisResult,
  'measurements' | 'segments' | 'lesions' | 'noFinding' | 'predictions' | 'diameters' | 'comparison' | 'quality'
>
export type Corrections = Pick<Review, 'edits' | 'redrawn'>

/** Throws REVIEW_INVALID naming each edit that does not fit the result or contradicts another. */
export function checkEdits(result: Correctable, edits: readonly Edit[], redrawn?: Redrawn): void {
  const { problems } = correct(result, { edits, redrawn })
  if (problems.length > 0) throw new AppError('REVIEW_INVALID', problems.join('; '))
}

/** The reviewer's edits and those that follow from them. */
export function effectiveEdits(result: Correctable, { edits, redrawn }: Corrections): Edit[] {
  return correct(result, { edits, redrawn }).edits
}

/** The result with all edits. They were checked when the review was recorded, by the rules of that day, and are not refused later. */
export function applyEdits<T extends Correctable>(result: T, { edits, redrawn }: Corrections): T {
  return correct(result, { edits, redrawn }).result
}

function correct<T extends Correctable>(
  software: T,
  { edits: given, redrawn }: { edits: readonly Edit[]; redrawn: Redrawn | undefined },
): { result: T; edits: Edit[]; problems: string[] } {
  const stated = given.filter(({ isDerived }) => !isDerived)
  const problems: string[] = outlineProblems(software, stated)
  const result = redrawn ? redrawnResult(software, stated, redrawn) : software
  const following = redrawn ? redrawnEdits(software, redrawn) : []
  // An explicit edit takes precedence over a derived one.
  const unstated = following.filter(({ target }) => !stated.some((one) => one.target === target))
  const sums = redrawn || stated.some(redraws) ? [] : derivedEdits(result, stated, problems)
  const edits = [...stated, ...unstated, ...sums]
  const measurements = result.measurements.map((measurement) => {
    const edit = [...stated, ...sums].find(({ target }) => target === measurementTarget(measurement.region))
    return edit ? editedMeasurement(measurement, edit, problems) : measurement
  })
  const predictions = result.predictions.map((prediction) => {
    const edit = stated.find(({ target }) => target === predictionTarget(prediction.head))
    return edit ? editedPrediction(prediction, edit, problems) : prediction
  })
  const diameters = correctedDiameters(result, stated, problems)
  problems.push(...strangers(result, stated))
  const corrected = { ...result, measurements, predictions, ...(result.diameters && { diameters }) }
  return { result: { ...corrected, ...consequences(corrected, [...stated, ...sums], problems) }, edits, problems }
}

function strangers({ measurements, predictions, diameters = [] }: Correctable, edits: readonly Edit[]): string[] {
  const allTargets = [
    ...measurements.map(({ region }) => measurementTarget(region)),
    ...predictions.map(({ head }) => predictionTarget(head)),
    ...diameters.map((lesion, index) => diametersTarget(numberOf(lesion, index))),
  ]
  const targets = edits.map(({ target }) => target)
  const twice = targets.filter((target, n) => targets.indexOf(target) !== n)
  return [
    ...[...new Set(twice)].map((target) => `${target} is edited twice`),
    ...edits
      .filter((edit) => !allTargets.includes(edit.target) && !redraws(edit))
      .map(({ target }) => `the result has no ${target}`),
  ]
}

/** The uncertainty was the software's, for its own value, so it is removed. */
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

/** What was measured on an outline whose volume the reviewer corrected must not be shown with the corrected volume. */
function consequences(
  { quality, diameters, comparison, measurements }: Correctable,
  edits: readonly Edit[],
  problems: string[],
): Pick<Correctable, 'quality' | 'comparison'> & { diameters?: NonNullable<Correctable['diameters']> } {
  const regions = correctedRegions(edits)
  const isEnhancing = regions.includes(ENHANCING)
  const byHand = editsDiameters(edits)
  if (isEnhancing && byHand)
    problems.push('measurement.ET: its diameters would be left out beside another volume; correct one or the other')
  const notes: QualityNote[] = []
  const diametersLeftOut = isEnhancing && (diameters ?? []).length > 0
  if (regions.length > 0)
    notes.push({
      code: 'corrected-on-review',
      severity: 'warning',
      text: `Volumes were corrected on review; the outlines are the software's and were not redrawn.${diametersLeftOut ? ' The diameters of the enhancing tumour, measured on them, are left out.' : ''}`,
      said: { sentence: 'corrected-on-review', values: { diametersLeftOut } },
    })
  const reasons = isEnhancing
    ? ['A reviewer corrected the enhancing tumour, and its diameters were not measured again.']
    : byHand
      ? ['A reviewer corrected diameters of the enhancing tumour; lesions were not compared again.']
      : undefined
  const touched = regions.length > 0 || byHand
  return {
    quality: [...quality, ...notes],
    ...(isEnhancing && diameters && { diameters: [] }),
    ...(comparison && { comparison: touched ? correctedComparison(comparison, measurements, reasons) : comparison }),
  }
}
