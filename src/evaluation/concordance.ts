// Scores a site's own analyses: calls against tissue results, calls and outlines against reviewers' changes; pure.
import type {
  AucFigure,
  HeadFigures,
  OpinionFigures,
  OutlineFigures,
  Share,
  SiteCase,
  SiteFigures,
} from '../domain/concordance.ts'
import { MIN_OF_CLASS, MIN_PATIENTS } from '../domain/concordance.ts'
import type { EvaluatedPrediction, Head, Prediction } from '../domain/finding.ts'
import { CANNOT_TELL, isSamePerson, type Opinion } from '../domain/opinion.ts'
import { correctedRegions, measurementTarget, predictionTarget, redraws } from '../domain/review.ts'
import type { TabularHead } from '../inference/bundle/heads.ts'
import { type LoadedBundle, runnableHeads } from '../inference/bundle/manifest.ts'
import { wilson } from '../inference/heads/bounds.ts'
import { quantile } from '../inference/volumes/quantile.ts'
import { cardFigures } from './card-figures.ts'
import { auc, bootstrap } from './statistics.ts'

const WHOLE = 'WT'

/** Survival is not scored, since tissue says nothing about it. */
export function siteFigures(
  cases: readonly SiteCase[],
  bundle: Pick<LoadedBundle, 'heads' | 'identity'>,
  period: Pick<SiteFigures, 'from' | 'until' | 'readsTissue'>,
): SiteFigures {
  const { id, version, modelDigest } = bundle.identity
  const own = cases.filter((one) => one.modelDigest === modelDigest)
  const first = firstOfPatients(own)
  const answering = runnableHeads(bundle).flatMap(({ name, head }) =>
    head.status === 'tabular' ? [{ name, head }] : [],
  )
  return {
    ...period,
    bundle: { id, version, modelDigest },
    analyses: own.length,
    patients: first.length,
    otherModels: cases.length - own.length,
    heads: answering.map(({ name, head }) => headFigures(first, name, head)),
    silentHeads: (Object.keys(bundle.heads) as Head[]).filter((name) => !answering.some((one) => one.name === name)),
    outlines: outlineFigures(own),
    ...(own.some(({ opinions }) => opinions.length > 0) && { opinions: opinionFigures(own) }),
  }
}

export function share(count: number, of: number): Share {
  return { count, of, ...(of > 0 && { ci95: wilson(count / of, of) }) }
}

/** The earliest study of each patient: several would count the same answer several times. */
export function firstOfPatients(cases: readonly SiteCase[]): SiteCase[] {
  const first = new Map<string, SiteCase>()
  for (const one of cases) {
    if (one.review?.decision === 'reject') continue
    const before = first.get(one.patientKey)
    if (!before || placeOf(one) < placeOf(before)) first.set(one.patientKey, one)
  }
  return [...first.values()]
}

const placeOf = ({ studyDate, createdAt }: SiteCase) => `${studyDate} ${createdAt}`

interface Scored {
  prediction: Prediction
  truth: string
}

export function headFigures(cases: readonly SiteCase[], name: Head, head: TabularHead): HeadFigures {
  const { scored, contradictory } = withTissue(cases, name, head.classes)
  const evaluated = scored.flatMap(({ prediction, truth }) =>
    prediction.status === 'not-evaluable' ? [] : [{ prediction, truth }],
  )
  const calls = evaluated.filter(({ prediction }) => prediction.call !== undefined)
  const wrong = calls.filter(({ prediction, truth }) => prediction.call !== truth)
  const reviewed = cases.filter((one) => one.review && callIn(one, name) !== undefined)
  const changed = reviewed.filter(({ review }) =>
    review!.edits.some(({ target, from, to }) => target === predictionTarget(name) && from !== to),
  )
  const card = cardFigures(head)
  return {
    head: name,
    patients: scored.length,
    contradictory,
    notEvaluable: share(scored.length - evaluated.length, scored.length),
    abstentions: share(evaluated.length - calls.length, scored.length),
    calls: calls.length,
    wrongCalls: share(wrong.length, calls.length),
    changedCalls: share(changed.length, reviewed.length),
    auc: aucOf(evaluated, head.classes),
    ...(card && { card }),
  }
}

export function withTissue(cases: readonly SiteCase[], name: Head, classes: readonly string[]) {
  const scored: Scored[] = []
  let contradictory = 0
  for (const { predictions, answers } of cases) {
    const prediction = predictions.find(({ head }) => head === name)
    const said = new Set(
      answers.flatMap(({ head, answer }) => (head === name && classes.includes(answer) ? [answer] : [])),
    )
    const [truth, other] = [...said]
    if (!prediction || truth === undefined) continue
    if (other === undefined) scored.push({ prediction, truth })
    else contradictory++
  }
  return { scored, contradictory }
}

function callIn({ predictions }: SiteCase, name: Head): string | undefined {
  const prediction = predictions.find(({ head }) => head === name)
  return prediction?.status === 'evaluable' ? prediction.call : undefined
}

/** For two classes, the second one; otherwise each against the others. Empty with too few patients. */
function aucOf(
  scored: readonly { prediction: EvaluatedPrediction; truth: string }[],
  classes: readonly string[],
): AucFigure[] {
  if (scored.length < MIN_PATIENTS) return []
  return (classes.length === 2 ? classes.slice(1) : classes).flatMap((label) => {
    const truth = scored.map((one) => one.truth === label)
    const positives = truth.filter(Boolean).length
    if (Math.min(positives, truth.length - positives) < MIN_OF_CLASS) return []
    const scores = scored.map(({ prediction }) => (prediction.scores ?? prediction.probabilities)[label] ?? 0)
    const estimate = bootstrap(scored.length, (rows) =>
      auc(
        rows.map((n) => scores[n]!),
        rows.map((n) => truth[n]!),
      ),
    )
    return [{ label, ...estimate }]
  })
}

function outlineFigures(cases: readonly SiteCase[]): OutlineFigures {
  const reviewed = cases.filter(({ review }) => review !== undefined)
  const rejected = reviewed.filter(({ review }) => review!.decision === 'reject')
  const edited = reviewed.filter(({ review }) => review!.decision !== 'reject' && editsOutlines(review!.edits))
  const changes = edited.flatMap(changeOfWhole)
  return {
    unchanged: share(reviewed.length - rejected.length - edited.length, reviewed.length),
    edited: share(edited.length, reviewed.length),
    rejected: share(rejected.length, reviewed.length),
    ...(changes.length > 0 && { medianChange: quantile(changes, 0.5) }),
  }
}

/** Each marker of each analysis counts once for each reader, with what the reader said first. */
function opinionFigures(cases: readonly SiteCase[]): OpinionFigures {
  const judged = cases.flatMap((one) =>
    firstOfReaders(one.opinions).flatMap(({ reader, calls }) =>
      Object.entries(calls).flatMap(([name, own]) => {
        const head = name as Head
        const call = callIn(one, head)
        if (call === undefined || own === CANNOT_TELL) return []
        const decided = one.review && isSamePerson(one.review.reviewer, reader) && one.review.decision !== 'reject'
        const edit = one.review?.edits.find(({ target }) => target === predictionTarget(head))
        const truths = new Set(one.answers.flatMap(({ head: of, answer }) => (of === head ? [answer] : [])))
        const [truth] = truths.size === 1 ? truths : []
        return [{ agrees: own === call, isTakenOver: decided ? edit === undefined : undefined, call, truth }]
      }),
    ),
  )
  const differing = judged.filter(({ agrees, isTakenOver }) => !agrees && isTakenOver !== undefined)
  const tookOver = differing.filter(({ isTakenOver }) => isTakenOver)
  const told = tookOver.filter(({ truth }) => truth !== undefined)
  return {
    agreed: share(judged.filter(({ agrees }) => agrees).length, judged.length),
    tookOver: share(tookOver.length, differing.length),
    tookOverWrongly: share(told.filter(({ call, truth }) => call !== truth).length, told.length),
  }
}

const firstOfReaders = (opinions: readonly Opinion[]) =>
  opinions.filter((one, n) => opinions.findIndex(({ reader }) => isSamePerson(reader, one.reader)) === n)

type Edits = NonNullable<SiteCase['review']>['edits']

const editsOutlines = (edits: Edits) => edits.some(redraws) || correctedRegions(edits).length > 0

/** Empty if the software found no tumour whose volume could change. */
function changeOfWhole({ measurements, review }: SiteCase): number[] {
  const before = measurements.find(({ region }) => region === WHOLE)?.value
  const stated = review!.edits.find(({ target }) => target === measurementTarget(WHOLE))?.to
  const after = stated ?? review!.measurements?.find(({ region }) => region === WHOLE)?.value
  return before === undefined || before === 0 || typeof after !== 'number' ? [] : [Math.abs(after - before) / before]
}
