// Outlines that a reviewer corrected: what may be excluded or redrawn, and the consequences for the rest of the result.
import type { Comparison } from './comparison.ts'
import { correctedComparison } from './corrected-comparison.ts'
import { redrawnDiameters } from './corrected-diameters.ts'
import { QUOTED_WITHIN_ML } from './corrected-volumes.ts'
import type { AnalysisResult, QualityNote } from './finding.ts'
import { type Edit, EXCLUDED, measurementTarget, REDRAWN, type Redrawn, redraws, SOFTWARE, targetOf } from './review.ts'

export type Outlined = Pick<
  AnalysisResult,
  'measurements' | 'segments' | 'lesions' | 'diameters' | 'comparison' | 'quality' | 'noFinding'
>

/** A line for each edit of outlines that does not fit the software's result or the other edits. */
export function outlineProblems(result: Outlined, edits: readonly Edit[]): string[] {
  const redrawing = edits.filter(redraws)
  if (redrawing.length === 0) return []
  const problems = redrawing.flatMap((edit) => problemOf(result, edit) ?? [])
  const volumes = edits.filter((edit) => 'region' in (targetOf(edit) ?? {}))
  return [
    ...(result.noFinding
      ? ['the software segmented no tumour, so there is no outline to correct; reject the analysis instead']
      : []),
    ...problems,
    ...volumes.map(
      ({ target }) =>
        `${target}: volumes are measured on the outlines, which are corrected too; correct one or the other`,
    ),
  ]
}

function problemOf({ segments, lesions = [] }: Outlined, edit: Edit): string | undefined {
  const { target, from, to } = edit
  const of = targetOf(edit)
  if (!of) return undefined
  if ('outlines' in of)
    return from === SOFTWARE && to === REDRAWN ? undefined : `${target}: it goes from ${SOFTWARE} to ${REDRAWN}`
  if (to !== EXCLUDED) return `${target}: to must be ${EXCLUDED}`
  if ('segment' in of) {
    const segment = segments.find(({ key }) => key === of.segment)
    if (!segment || segment.voxelCount === 0) return `the result has no ${target}`
    return from === SOFTWARE ? undefined : `${target}: from must be ${SOFTWARE}`
  }
  if (!('lesion' in of)) return undefined
  const lesion = lesions[of.lesion - 1]
  if (!lesion) return `the result has no ${target}`
  const isSame = typeof from === 'number' && Math.abs(from - lesion.millilitres) <= QUOTED_WITHIN_ML
  return isSame ? undefined : `${target}: from is not what the software measured`
}

/** Edits of volumes and diameters that follow from the redrawn outlines. */
export function redrawnEdits(result: Outlined, redrawn: Redrawn): Edit[] {
  const volumes = redrawn.measurements.flatMap(({ region, value }): Edit[] => {
    const from = result.measurements.find((one) => one.region === region)?.value
    if (from === undefined || Math.abs(from - value) < 1e-9) return []
    const reason = 'measured on the corrected outlines'
    return [{ target: measurementTarget(region), from, to: value, reason, isDerived: true }]
  })
  return [...volumes, ...redrawnDiameters(result, redrawn)]
}

/** The result with the redrawn outlines in place of the software's. */
export function redrawnResult<T extends Outlined>(result: T, edits: readonly Edit[], redrawn: Redrawn): T {
  const { segments, measurements, diameters, lesions } = redrawn
  const isRedrawn = edits.some(redraws)
  const note: QualityNote = {
    code: 'outlines-corrected-on-review',
    severity: 'warning',
    text: 'A reviewer corrected the outlines; volumes and diameters were measured on them anew. Predictions are those from the software’s outlines.',
  }
  return {
    ...result,
    segments,
    // Measurements that did not change keep the software's estimate of uncertainty.
    measurements: measurements.map((one) => {
      const before = result.measurements.find(({ region }) => region === one.region)
      return before && Math.abs(before.value - one.value) < 1e-9 ? before : one
    }),
    lesions,
    ...(diameters && { diameters }),
    ...(isRedrawn && { quality: [...result.quality, note] }),
    ...(result.comparison && isRedrawn && { comparison: redrawnComparison(result.comparison, edits, redrawn) }),
  }
}

const NOT_AGAIN = ['A reviewer corrected the outlines, and the lesions of both studies were not compared again.']

/** Recalculates the changes in volume; which lesion continues which is known only for lesions that were left as they were. */
function redrawnComparison(
  comparison: Comparison,
  edits: readonly Edit[],
  { measurements, strokes }: Redrawn,
): Comparison {
  const excluded = edits.flatMap((edit) => {
    const target = targetOf(edit)
    return target && 'lesion' in target ? [target.lesion - 1] : []
  })
  const isReshaped = strokes.length > 0 || edits.some((edit) => 'segment' in (targetOf(edit) ?? {}))
  const lesions = comparison.lesions.filter((lesion, n) =>
    lesion.now === undefined ? true : !isReshaped && !excluded.includes(n),
  )
  return { ...correctedComparison(comparison, measurements, NOT_AGAIN), lesions: isReshaped ? [] : lesions }
}
