// RANO 2.0 (Wen et al., J Clin Oncol 2023;41:5187-5199; the table of responses from memory) as a worksheet: what size alone says, and what it still needs.
import type { ChangeCategory, Comparison } from './comparison.ts'
import { daysSinceRadiotherapy, steroidsIncreased, type TreatmentHistory, wasGiven } from './treatment.ts'
import { type Step, WORKSHEET_LIMITS, type Worksheet } from './worksheet.ts'

/** Progression soon after radiotherapy is preliminary until a further study confirms it. */
export type Rano = ChangeCategory | 'preliminary-PD'

export interface RanoInput {
  comparison: Pick<Comparison, 'response'>
  /** Days of the two studies, ISO 8601. */
  earlier: string
  now: string
  treatment: TreatmentHistory
}

/** From images and medication; a response also requires a clinically stable or improved patient, which only a person can judge. */
export function ranoWorksheet({ comparison, earlier, now, treatment }: RanoInput): Worksheet<Rano> {
  const { category, percent, percentDeviation, possible } = comparison.response
  const steps: Step[] = [
    {
      question: 'size',
      answer: category ?? 'unknown',
      ...(percent !== undefined && { percent }),
      ...(percentDeviation !== undefined && { deviation: percentDeviation }),
    },
  ]
  const open = possible && possible.length > 1 && { possible: [...possible] as Rano[] }
  if (category === undefined) return { steps, missing: 'size' }
  if (category === 'SD') return { steps, category, ...open }
  const sheet = category === 'PD' ? progression(treatment, now) : response(category, treatment, earlier, now)
  const isPreliminary = sheet.category === 'preliminary-PD'
  const undecided = open && {
    possible: open.possible.map((one) => (one === 'PD' && isPreliminary ? sheet.category! : one)),
  }
  return { ...undecided, ...sheet, steps: [...steps, ...sheet.steps] }
}

function progression({ radiotherapy }: TreatmentHistory, now: string): Worksheet<Rano> {
  const days = radiotherapy && daysSinceRadiotherapy(radiotherapy, now)
  const isSoon = typeof days === 'number' && days < WORKSHEET_LIMITS.confirmDays.value
  const steps: Step[] = [
    {
      question: 'radiotherapy',
      answer: days === undefined ? 'unknown' : days === 'none' ? 'none' : isSoon ? 'soon' : 'later',
      limit: 'confirmDays',
      ...(typeof days === 'number' && { days }),
      ...(radiotherapy && { facts: radiotherapy }),
    },
  ]
  if (days === undefined)
    return { steps, missing: radiotherapy ? 'end-of-radiotherapy' : 'radiotherapy', possible: ['PD', 'preliminary-PD'] }
  return { steps, category: isSoon ? 'preliminary-PD' : 'PD' }
}

/** Complete response requires no steroids, partial response no more than before; otherwise the disease is stable. */
function response(
  category: 'CR' | 'PR',
  { steroids }: TreatmentHistory,
  earlier: string,
  now: string,
): Worksheet<Rano> {
  const given = steroids?.map((fact) => wasGiven(fact, now))
  const isGiven = given && (given.includes(true) ? true : given.includes(undefined) ? undefined : false)
  const increased = steroids && steroidsIncreased(steroids, earlier, now)
  const answer =
    isGiven === false ? 'no' : increased === undefined ? 'unknown' : increased ? 'increased' : 'not-increased'
  const confirmation: Step = { question: 'confirmation', answer: 'needed' }
  const steps: Step[] = [{ question: 'steroids', answer, ...(steroids && { facts: steroids }) }]
  if (answer === 'no') return { steps: [...steps, confirmation], category }
  if (answer === 'increased') return { steps, category: 'SD' }
  if (answer === 'not-increased') return { steps: [...steps, confirmation], category: 'PR' }
  return { steps, missing: 'steroids', possible: category === 'CR' ? ['CR', 'PR', 'SD'] : ['PR', 'SD'] }
}
