// Diameters that a reviewer measured differently: a pair in mm that replaces the software's pair.
import { type AnalysisResult, type Bidimensional, isMeasurable, numberOf } from './finding.ts'
import { diametersTarget, type Edit, targetOf } from './review.ts'

type Measured = Pick<AnalysisResult, 'diameters'>

/** Diameters are shown with one decimal. */
const QUOTED_WITHIN_MM = 0.051
const LONGEST_MM = 400

/** "23.4 x 15.1": the longest diameter, and the longest at right angles to it, mm. */
export function pairText({ longestMm, perpendicularMm }: Pick<Bidimensional, 'longestMm' | 'perpendicularMm'>): string {
  return `${longestMm.toFixed(1)} x ${perpendicularMm.toFixed(1)}`
}

/** Undefined if the text is not a pair of lengths. */
export function readPair(text: number | string): [longestMm: number, perpendicularMm: number] | undefined {
  const [, longest, perpendicular] = /^(\d{1,3}(?:\.\d{1,2})?) x (\d{1,3}(?:\.\d{1,2})?)$/.exec(String(text)) ?? []
  return longest === undefined ? undefined : [Number(longest), Number(perpendicular)]
}

/** The lesions with the edits; `problems` gets a line for each edit that does not fit. */
export function correctedDiameters(
  { diameters = [] }: Measured,
  edits: readonly Edit[],
  problems: string[],
): Bidimensional[] {
  return diameters.map((lesion, index) => {
    const edit = edits.find(({ target }) => target === diametersTarget(numberOf(lesion, index)))
    if (!edit || edit.isDerived) return lesion
    const [from, to] = [readPair(edit.from), readPair(edit.to)]
    const isSame = from?.every(
      (value, n) => Math.abs(value - [lesion.longestMm, lesion.perpendicularMm][n]!) <= QUOTED_WITHIN_MM,
    )
    if (!isSame)
      problems.push(
        `${edit.target}: from is not what was measured on the outlines as they stand, which is ${pairText(lesion)}; state that, or correct the outlines alone`,
      )
    if (!to || to[0] < to[1] || to[1] <= 0 || to[0] > LONGEST_MM) {
      problems.push(
        `${edit.target}: to must be two lengths in mm such as "23.4 x 15.1", the longest first, none above ${LONGEST_MM}`,
      )
      return lesion
    }
    const [longestMm, perpendicularMm] = to
    const lengths = { longestMm, perpendicularMm }
    return { ...lesion, ...lengths, measurable: isMeasurable(lengths), isCorrected: true }
  })
}

/** What redrawing changed in the software's diameters, as derived edits. */
export function redrawnDiameters(software: Measured, redrawn: Measured): Edit[] {
  const before = software.diameters ?? []
  return (redrawn.diameters ?? []).flatMap((lesion, index): Edit[] => {
    const number = numberOf(lesion, index)
    const was = before.find((one, n) => numberOf(one, n) === number)
    const [from, to] = [was ? pairText(was) : 'none', pairText(lesion)]
    return from === to
      ? []
      : [{ target: diametersTarget(number), from, to, reason: 'measured on the corrected outlines', isDerived: true }]
  })
}

/** Whether the edits change the diameters of any lesion. */
export function editsDiameters(edits: readonly Edit[]): boolean {
  return edits.some((edit) => {
    const target = targetOf(edit)
    return target !== undefined && 'diameters' in target && !edit.isDerived
  })
}
