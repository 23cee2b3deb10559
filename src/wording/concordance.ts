// Wording of a site's own figures beside the card's: the same tables on the page and in the PDF.
import {
  type AucFigure,
  type HeadFigures,
  MIN_OF_CLASS,
  MIN_PATIENTS,
  type OpinionFigures,
  type OutlineFigures,
  type Share,
  type SiteFigures,
} from '../domain/concordance.ts'
import type { Head } from '../domain/finding.ts'
import { HEAD_NAMES, SHORT_HEAD_NAMES } from './names.ts'
import { className } from './predictions.ts'
import { partPercent } from './quantities.ts'

export const CONCORDANCE = {
  title: 'Concordance',
  link: 'Concordance',
  lead: 'What this site’s own record says of its predictions, beside what the bundle’s card says of them.',
  stays: 'These figures are counted here from this site’s own analyses. Nothing of them leaves the site.',
  noTissue:
    'No values of tissue results are named in the settings (ehr.reads.tissueValues), so no prediction is compared with tissue.',
  none: 'No delivered analysis of this time.',
  noHeads: 'The bundle answers for no marker and no grade; outlines alone can be compared.',
  asPdf: 'As PDF',
  month: 'Up to the end of the month',
  show: 'Show',
  measure: 'Measure',
  here: 'Here',
  card: 'On the card',
  tooFew: 'too few to say',
  outlines: 'Outlines',
  opinions: 'Readers’ own opinions before the software’s',
  nothing: '–',
  research: 'Research use only.',
} as const

export interface FiguresRow {
  name: string
  here: string
  card: string
}

export interface FiguresTable {
  title: string
  /** One sentence to read first. */
  verdict: string
  rows: FiguresRow[]
  /** Whether the card has figures for it. */
  hasCard: boolean
  /** Wrong calls, for a chart; absent if there are too few, or if the card has no figure to compare. */
  wrongCalls?: { here: Share; card: Share }
}

export interface FiguresContent {
  period: string
  counted: string
  tables: FiguresTable[]
  notes: string[]
}

export function figuresContent(figures: SiteFigures): FiguresContent {
  const { heads, outlines, silentHeads, otherModels, readsTissue } = figures
  return {
    period: `Analyses from ${figures.from.slice(0, 10)} to ${figures.until.slice(0, 10)}; ${figures.bundle.id} ${figures.bundle.version}, model ${figures.bundle.modelDigest.slice(0, 12)}`,
    counted: `${figures.analyses} delivered ${figures.analyses === 1 ? 'analysis' : 'analyses'}, ${figures.patients} ${figures.patients === 1 ? 'patient' : 'patients'}`,
    tables: [
      ...heads.map(headTable),
      outlineTable(outlines),
      ...(figures.opinions ? [opinionTable(figures.opinions)] : []),
    ],
    notes: [
      ...(readsTissue ? [] : [CONCORDANCE.noTissue]),
      ...(heads.length === 0 ? [CONCORDANCE.noHeads] : []),
      ...(silentHeads.length > 0 ? [silentNote(silentHeads)] : []),
      ...(otherModels > 0 ? [`Not counted: ${otherModels} of the same time by other models.`] : []),
      `Each patient counts once, with the earliest study. Intervals are of 95 %: Wilson’s for shares, of bootstrap samples for the AUC. Shares of fewer than ${MIN_PATIENTS} are too few to say; an AUC needs ${MIN_OF_CLASS} patients with the class and ${MIN_OF_CLASS} without it as well.`,
      'Patients whose tissue was tested are not all patients: whoever was not operated on is missing here.',
      `${CONCORDANCE.stays} ${CONCORDANCE.research}`,
    ],
  }
}

const silentNote = (heads: readonly Head[]) =>
  `The bundle makes no call of: ${heads.map((head) => SHORT_HEAD_NAMES[head]).join(', ')}.`

function headTable(head: HeadFigures): FiguresTable {
  const { card } = head
  const row = (name: string, here: string, onCard = '') => ({ name, here, card: onCard })
  const labels = [...new Set([...head.auc, ...(card?.auc ? [card.auc] : [])].map(({ label }) => label))]
  const comparable = card?.wrongCalls && isEnough(head.wrongCalls)
  return {
    title: HEAD_NAMES[head.head],
    verdict: verdictOf(head),
    rows: [
      row('Patients with a result from tissue', String(head.patients)),
      ...(head.contradictory > 0 ? [row('Left out: tissue says two things', String(head.contradictory))] : []),
      row('Not evaluable', shareWords(head.notEvaluable)),
      row('Answered without a call', shareWords(head.abstentions)),
      row('Wrong calls', shareWords(head.wrongCalls), card?.wrongCalls ? shareWords(card.wrongCalls) : ''),
      row('Calls that a reviewer changed', shareWords(head.changedCalls)),
      ...labels.map((label) =>
        row(
          `AUC, ${className(head.head, label)}`,
          aucWords(head.auc.find((one) => one.label === label)),
          card?.auc?.label === label ? aucWords(card.auc) : '',
        ),
      ),
    ],
    hasCard: card !== undefined,
    ...(comparable && { wrongCalls: { here: head.wrongCalls, card: card.wrongCalls! } }),
  }
}

/** If the two intervals overlap, no difference is stated: it may be due to chance. */
function verdictOf({ wrongCalls, card }: HeadFigures): string {
  if (!isEnough(wrongCalls))
    return `Too few calls with a result from tissue to say how many are wrong: ${wrongCalls.of}.`
  const here = `${partPercent(wrongCalls.count / wrongCalls.of)} of the calls were wrong here`
  const stated = card?.wrongCalls
  if (!stated?.ci95) return `${here}; the card states no figure to set beside it.`
  const onCard = partPercent(stated.count / stated.of)
  if (wrongCalls.ci95![0] > stated.ci95[1]) return `${here}, more than on the card (${onCard}).`
  if (wrongCalls.ci95![1] < stated.ci95[0]) return `${here}, fewer than on the card (${onCard}).`
  return `${here}, ${onCard} on the card: no difference can be told.`
}

function outlineTable({ unchanged, edited, rejected, medianChange }: OutlineFigures): FiguresTable {
  const row = (name: string, here: string) => ({ name, here, card: '' })
  return {
    title: CONCORDANCE.outlines,
    hasCard: false,
    verdict: isEnough(edited)
      ? `Reviewers changed outlines or volumes of ${partPercent(edited.count / edited.of)} of the analyses.`
      : `Too few reviews to say how often outlines are changed: ${edited.of}.`,
    rows: [
      row('Accepted as they were', shareWords(unchanged)),
      row('Outlines or volumes changed', shareWords(edited)),
      row('Rejected', shareWords(rejected)),
      ...(medianChange === undefined
        ? []
        : [row('Median change of the whole tumour’s volume, where it was changed', partPercent(medianChange))]),
    ],
  }
}

/** The bias audit: whether readers follow the software, and where they should not have. */
function opinionTable({ agreed, tookOver, tookOverWrongly }: OpinionFigures): FiguresTable {
  const row = (name: string, here: Share) => ({ name, here: shareWords(here), card: '' })
  return {
    title: CONCORDANCE.opinions,
    hasCard: false,
    verdict: isEnough(tookOver)
      ? `Readers took over the software’s class for ${partPercent(tookOver.count / tookOver.of)} of the markers of which they had thought otherwise.`
      : `Too few markers of which readers thought otherwise than the software: ${tookOver.of}.`,
    rows: [
      row('Markers of which the reader named the software’s class before seeing it', agreed),
      row('Where they differed, and the reader then decided: the software’s class was taken over', tookOver),
      row('Of these, where tissue tells: the software was wrong', tookOverWrongly),
    ],
  }
}

const isEnough = ({ of }: Share) => of >= MIN_PATIENTS

/** "2 of 31 (6 %, 2 to 21 %)" */
export function shareWords({ count, of, ci95 }: Share): string {
  if (of === 0) return CONCORDANCE.nothing
  if (of < MIN_PATIENTS || !ci95) return `${count} of ${of}, ${CONCORDANCE.tooFew}`
  const [low, high] = ci95.map((end) => Math.round(100 * end))
  return `${count} of ${of} (${partPercent(count / of)}, ${low} to ${high} %)`
}

function aucWords(figure: AucFigure | undefined): string {
  if (!figure) return CONCORDANCE.tooFew
  const [low, high] = figure.ci95
  return `${figure.value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
}

/** Where the scale of a chart of both shares ends: at the next tenth above them. */
export const endOfScale = (...shares: Share[]) =>
  Math.ceil(10 * Math.max(...shares.map(({ ci95 }) => ci95?.[1] ?? 0))) / 10
