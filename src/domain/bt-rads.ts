// BT-RADS (btrads.com) as a worksheet: the published flowchart of follow-up, question by question, on measured volumes.
import type { Comparison, VolumeChange } from './comparison.ts'
import { daysSinceRadiotherapy, steroidsIncreased, type TreatmentHistory, wasGiven } from './treatment.ts'
import {
  type Direction,
  directionOf,
  hasNewLesion,
  isAbove,
  type Step,
  WORKSHEET_LIMITS,
  type Worksheet,
} from './worksheet.ts'

export type BtRads = '0' | '1a' | '1b' | '2' | '3a' | '3b' | '3c' | '4'

export interface BtRadsInput {
  /** Absent: there is no suitable earlier study. */
  comparison?: Pick<Comparison, 'volumes' | 'lesions'>
  /** Days of the two studies, ISO 8601. */
  earlier: string
  now: string
  treatment: TreatmentHistory
  /** Whether the earlier study was already worse than the one before it; absent if that is not known. */
  wasWorseBefore?: boolean
}

export function btRads(input: BtRadsInput): Worksheet<BtRads> {
  const { comparison } = input
  const steps: Step[] = [{ question: 'prior', answer: comparison ? 'yes' : 'no' }]
  if (!comparison) return { steps, category: '0' }
  const of = (region: string) => comparison.volumes.find((one) => one.region === region)
  const [enhancing, flair] = [of('ET'), of('WT')]
  if (!enhancing || !flair) return { steps, missing: 'volumes' }
  const parts = { enhancing, flair }
  const directions = { enhancing: directionOf(enhancing), flair: directionOf(flair) }
  const isNew = hasNewLesion(comparison)
  steps.push(changeStep('enhancing', enhancing, directions.enhancing), changeStep('flair', flair, directions.flair))
  steps.push({ question: 'new-lesion', answer: isNew ? 'yes' : 'no', limit: 'newLesion' })
  const all = [directions.enhancing, directions.flair]
  if (all.includes(undefined)) return { steps, missing: 'error' }
  const isWorse = isNew || all.includes('worse')
  if (isWorse && all.includes('better')) return { steps, missing: 'mixed' }
  if (isWorse) return worse(input, steps, parts, directions, isNew)
  return all.includes('better') ? better(input, steps) : { steps, category: '2' }
}

function changeStep(question: 'enhancing' | 'flair', change: VolumeChange, answer: Direction | undefined): Step {
  const { percent, percentDeviation } = change
  return {
    question,
    answer: answer ?? 'unknown',
    limit: 'appreciable',
    ...(percent !== undefined && { percent }),
    ...(percentDeviation !== undefined && { deviation: percentDeviation }),
  }
}

/** Improvement is attributed to the tumour unless bevacizumab was started since the earlier study, or steroids were increased. */
function better({ treatment, earlier, now }: BtRadsInput, steps: Step[]): Worksheet<BtRads> {
  const possible: BtRads[] = ['1a', '1b']
  const { bevacizumab, steroids } = treatment
  if (!bevacizumab)
    return { steps: [...steps, { question: 'bevacizumab', answer: 'unknown' }], missing: 'bevacizumab', possible }
  const grace = WORKSHEET_LIMITS.bevacizumabDays.value
  const acting = bevacizumab.map((fact) => wasGiven(fact, now, grace))
  const isActing = acting.includes(true) ? true : acting.includes(undefined) ? undefined : false
  const isFirst = bevacizumab.every(({ from }) => from > earlier)
  const answer = isActing === undefined ? 'unknown' : !isActing ? 'no' : isFirst ? 'first' : 'sustained'
  steps.push({ question: 'bevacizumab', answer, facts: bevacizumab, limit: 'bevacizumabDays' })
  if (answer === 'unknown') return { steps, missing: 'bevacizumab', possible }
  if (answer === 'first') return { steps, category: '1b' }
  const increased = steroids && steroidsIncreased(steroids, earlier, now)
  steps.push({
    question: 'steroids',
    answer: increased === undefined ? 'unknown' : increased ? 'increased' : 'not-increased',
    ...(steroids && { facts: steroids }),
  })
  if (increased === undefined) return { steps, missing: 'steroids', possible }
  return { steps, category: increased ? '1b' : '1a' }
}

/** Soon after radiotherapy, worsening is attributed to it; later it depends on what is worse, by how much, and for how long. */
function worse(
  { treatment, now, wasWorseBefore }: BtRadsInput,
  steps: Step[],
  parts: { enhancing: VolumeChange; flair: VolumeChange },
  directions: { enhancing: Direction | undefined; flair: Direction | undefined },
  isNew: boolean,
): Worksheet<BtRads> {
  const { radiotherapy } = treatment
  const days = radiotherapy && daysSinceRadiotherapy(radiotherapy, now)
  const { value: limit } = WORKSHEET_LIMITS.radiationDays
  const isSoon = typeof days === 'number' && days < limit
  steps.push({
    question: 'radiotherapy',
    answer: days === undefined ? 'unknown' : days === 'none' ? 'none' : isSoon ? 'soon' : 'later',
    limit: 'radiationDays',
    ...(typeof days === 'number' && { days }),
    ...(radiotherapy && { facts: radiotherapy }),
  })
  if (days === undefined)
    return {
      steps,
      missing: radiotherapy ? 'end-of-radiotherapy' : 'radiotherapy',
      possible: ['3a', ...later(parts, directions, isNew, wasWorseBefore).categories],
    }
  if (isSoon) return { steps, category: '3a' }
  const { steps: more, categories, missing } = later(parts, directions, isNew, wasWorseBefore)
  steps.push(...more)
  const possible = categories.length > 1 && { possible: categories }
  return missing ? { steps, missing, ...possible } : { steps, category: categories[0]!, ...possible }
}

function later(
  parts: { enhancing: VolumeChange; flair: VolumeChange },
  directions: { enhancing: Direction | undefined; flair: Direction | undefined },
  isNew: boolean,
  wasWorseBefore: boolean | undefined,
): { steps: Step[]; categories: BtRads[]; missing?: 'study-before' } {
  const isBoth = (isNew || directions.enhancing === 'worse') && directions.flair === 'worse'
  const steps: Step[] = [{ question: 'which-worse', answer: isBoth ? 'both' : 'one' }]
  if (!isBoth) return { steps, categories: ['3b'] }
  const { value: share } = WORKSHEET_LIMITS.muchWorse
  const [larger, smaller] = [parts.enhancing, parts.flair].sort(
    (a, b) => (b.percent ?? Infinity) - (a.percent ?? Infinity),
  )
  // The larger of the two decides, but the error of the smaller one may reach beyond the limit too.
  const above = isAbove(larger!, share)
  const answers = above[0] === false && isAbove(smaller!, share).includes(true) ? [false, true] : above
  steps.push({ question: 'how-much', answer: answers[0] ? 'much' : 'little', limit: 'muchWorse' })
  const little: BtRads[] = wasWorseBefore === undefined ? ['3c', '4'] : [wasWorseBefore ? '4' : '3c']
  if (!answers[0])
    steps.push({
      question: 'progressive',
      answer: wasWorseBefore === undefined ? 'unknown' : wasWorseBefore ? 'yes' : 'no',
    })
  const categories = [...new Set(answers.flatMap((isMuch): BtRads[] => (isMuch ? ['4'] : little)))]
  return { steps, categories, ...(!answers[0] && wasWorseBefore === undefined && { missing: 'study-before' as const }) }
}
