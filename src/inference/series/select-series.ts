// Chooses the series of a study for a bundle's sequences, with a reason for every series, selected or not; it never guesses.
import type { AppError } from '../../domain/errors.ts'
import {
  SEQUENCES,
  type Sequence,
  type Series,
  type SeriesChoice,
  type SeriesDecision,
  STRUCTURAL,
  type Study,
  type Uid,
} from '../../domain/study.ts'
import { type BundleManifest, channelOrder } from '../bundle/manifest.ts'
import { type ContrastEvidence, contrastOf, NOTHING_SAID, namesAgent, ONLY_LEFT, onlyLeftAfter } from './contrast.ts'
import { type Evidence, evidence } from './evidence.ts'
import { doubt, type Exclusion, exclusionReason, impossibleReason, mapExclusionReason, TRANSFER } from './exclusion.ts'
import { type SeriesFacts, seriesFacts } from './facts.ts'
import { holdOf, numbersOf } from './hold.ts'
import { mapEvidence } from './maps.ts'
import { compileOverrides, type SeriesOverrides } from './overrides.ts'
import { prefer } from './preference.ts'
import { type Seen, shownBy, withPixels } from './seen.ts'

export interface Selection {
  /** One per series, in the study's order. */
  decisions: SeriesDecision[]
  chosen: Partial<Record<Sequence, Series>>
  /** Sequences that the study has and the analysis goes without, with the reason. */
  unused: { sequence: Sequence; text: string }[]
  /** T1 series of which the headers do not say whether they had contrast, unless both T1 and T1c were found otherwise. */
  undecided: Series[]
  /**
   * Where no T1 was found: the first of the other T1c, if the headers of one of the two name an agent and those of the other do not,
   * so that its description may be wrong.
   */
  disputed: Series | undefined
  /** Series of which the headers do not say what they are, where a structural sequence was not found. */
  unread: Series[]
  /** SERIES_MISSING, SERIES_AMBIGUOUS or SERIES_UNSUPPORTED; the study must wait for a person. */
  hold?: AppError
}

/** What to do when a sequence is in the study and cannot be used: wait for a person, or go on and say so. */
export type UnusablePolicy = Partial<Record<Sequence, 'hold' | 'note'>>

/** Without T1c there is no enhancing tumour, so a person is asked before an analysis goes without one that was acquired. */
export const DEFAULT_POLICY: UnusablePolicy = { T1c: 'hold' }

/** What was found out beside the headers. */
export interface Known {
  /** Series that turned out to be no volume, with the reason; the next candidate is chosen. */
  refused?: ReadonlyMap<Uid, string>
  policy?: UnusablePolicy
  /** What the pixels say, by series; it counts where the headers do not say. */
  seen?: ReadonlyMap<Uid, Seen>
  /** Whose word stands behind the UIDs of the overrides. */
  choice?: SeriesChoice
}

interface Candidate extends Evidence, ContrastEvidence {
  facts: SeriesFacts
  /** A word that speaks against it, though the headers overrule it. */
  doubt?: string | undefined
}

/** What is known of a study's series before any is chosen. */
interface Assessment {
  all: SeriesFacts[]
  usable: Candidate[]
  /** Left for what they are called or how they were made; a pattern of the settings may still name them. */
  rescuable: Candidate[]
  /** Images of a sequence that cannot be used as they are, with the reason. */
  unusable: (Candidate & { reason: string })[]
  fixed: Map<Sequence, SeriesFacts>
  /** Reasons per series UID of those left so far. */
  rejected: Map<string, string[]>
}

/** Decides on every series. Errors name series by number, since descriptions are free text. */
export function selectSeries(
  study: Study,
  bundle: Pick<BundleManifest, 'sequences' | 'require_any'>,
  overrides: SeriesOverrides = {},
  { refused = new Map(), policy = DEFAULT_POLICY, seen = new Map(), choice }: Known = {},
): Selection {
  const rules = compileOverrides(overrides)
  const assessed = assess(study, bundle, rules.uids, refused, seen)
  const { all, usable, rescuable, fixed, rejected } = assessed
  const groups = groupBySequence(usable, rejected)
  const sequences = channelOrder(bundle)
  const selected = new Map<string, { sequence: Sequence; reasons: string[] }>()
  const isFree = ({ facts }: Candidate) => !selected.has(facts.seriesInstanceUid)
  const ambiguous = new Map<Sequence, string>()
  const missing: string[] = []
  for (const sequence of sequences) {
    const named = fixed.get(sequence)
    if (!named) continue
    const by = choice?.series[sequence] ? choice.by : 'its UID in the settings'
    selected.set(named.seriesInstanceUid, { sequence, reasons: [`chosen for ${sequence} by ${by}`] })
  }
  const open = sequences.filter((sequence) => !fixed.has(sequence))
  // Those that the settings speak of come first, so that no other sequence takes their series.
  for (const sequence of open.toSorted((a, b) => Number(b in rules.descriptions) - Number(a in rules.descriptions))) {
    const pattern = rules.descriptions[sequence]
    const named = pattern
      ? matching([usable, rescuable], (one) => isFree(one) && pattern.test(one.facts.description))
      : []
    const candidates = named.length > 0 ? named : groups.by[sequence].filter(isFree)
    const { best, lost } = preferUndoubted(candidates, sequence)
    const because = (uid: string, reason: string) => [reason, ...reasonsOf(candidates, uid)]
    for (const [uid, why] of lost)
      rejected.set(uid, because(uid, `${sequence}, but another series was preferred: ${why}`))
    const [first, ...ties] = best
    if (first && ties.length === 0) {
      const reasons = reasonsOf(candidates, first.seriesInstanceUid)
      const how = named.length > 0 ? [`description matches the settings for ${sequence}`] : []
      selected.set(first.seriesInstanceUid, { sequence, reasons: [...how, ...reasons] })
    } else if (first) {
      ambiguous.set(sequence, `${sequence}: series ${numbersOf(best)} fit equally well`)
      for (const { seriesInstanceUid: uid } of best)
        rejected.set(uid, because(uid, `${sequence}, as well as another series: a person must choose`))
    } else if (sequence === 'T1' || sequence === 'T1c') {
      const possible = groups.undecided.filter(isFree).map(({ facts }) => facts)
      const needed = bundle.sequences[sequence]?.required || bundle.require_any?.includes(sequence)
      if (possible.length > 0 && (needed || policy[sequence] === 'hold'))
        ambiguous.set(sequence, `${sequence}: it cannot be told whether series ${numbersOf(possible)} had contrast`)
    }
  }
  const any = bundle.require_any ?? []
  const isSelected = (sequence: Sequence) => [...selected.values()].some((one) => one.sequence === sequence)
  for (const sequence of open) {
    if (bundle.sequences[sequence]?.required && !isSelected(sequence) && !ambiguous.has(sequence))
      missing.push(sequence)
  }
  if (any.length > 0 && ambiguous.size === 0 && !any.some(isSelected)) missing.push(any.join(' or '))
  const unused = sequences
    .filter((one) => !isSelected(one) && !ambiguous.has(one))
    .flatMap((one) => unusedOf(one, assessed))

  const candidates = [...usable, ...rescuable]
  const decisions = all.map((facts) =>
    decide(facts, candidates, rejected, selected.get(facts.seriesInstanceUid), sequences),
  )
  const chosen: Partial<Record<Sequence, Series>> = {}
  for (const [n, decision] of decisions.entries()) if (decision.sequence) chosen[decision.sequence] = study.series[n]!
  const held = unused.filter(({ sequence }) => policy[sequence] === 'hold').map(({ text }) => text)
  const hold = holdOf({ missing, ambiguous: [...ambiguous.values()], held }, decisions)
  const unsaid = new Set(chosen.T1 && chosen.T1c ? [] : groups.undecided.map(({ facts }) => facts.seriesInstanceUid))
  const undecided = study.series.filter(({ seriesInstanceUid }) => unsaid.has(seriesInstanceUid))
  const isWanting = STRUCTURAL.some((sequence) => bundle.sequences[sequence] && !isSelected(sequence))
  const unread = isWanting ? study.series.filter(({ seriesInstanceUid }) => groups.silent.has(seriesInstanceUid)) : []
  const disputed = bundle.sequences.T1 && !chosen.T1 ? disputedOf(chosen.T1c, groups.by.T1c, study.series) : undefined
  return { decisions, chosen, unused, undecided, disputed, unread, ...(hold ? { hold } : {}) }
}

function disputedOf(selected: Series | undefined, candidates: Candidate[], all: readonly Series[]): Series | undefined {
  const facts = candidates.map((one) => one.facts)
  const chosen = facts.find(({ seriesInstanceUid }) => seriesInstanceUid === selected?.seriesInstanceUid)
  const others = facts.filter((one) => chosen && namesAgent(one) !== namesAgent(chosen))
  const [first] = others.toSorted((a, b) => (a.acquiredAt < b.acquiredAt ? -1 : Number(a.acquiredAt > b.acquiredAt)))
  return all.find(({ seriesInstanceUid }) => seriesInstanceUid === first?.seriesInstanceUid)
}

/** Series on which a word of the description casts doubt come last. */
function preferUndoubted(candidates: Candidate[], sequence: Sequence) {
  const clear = candidates.filter((one) => !one.doubt)
  const pool = clear.length > 0 ? clear : candidates
  const { best, lost } = prefer(
    pool.map(({ facts }) => facts),
    sequence,
  )
  const doubted = candidates.filter((one) => !pool.includes(one))
  for (const { facts, doubt } of doubted) lost.set(facts.seriesInstanceUid, `this one may be ${doubt}`)
  return { best, lost }
}

/** Images of the sequence that the study has but that are no volume of the head as they are. */
function unusedOf(sequence: Sequence, { unusable }: Assessment): Selection['unused'] {
  const ofSequence = unusable.filter(({ weighting, contrast }) =>
    sequence === 'T1c'
      ? weighting === 'T1' && contrast === 'given'
      : weighting === sequence && (sequence !== 'T1' || contrast !== 'given'),
  )
  if (ofSequence.length === 0) return []
  const each = ofSequence.map(({ facts, reason }) => `series ${facts.seriesNumber || '(no number)'}: ${reason}`)
  return [{ sequence, text: `${sequence} is in the study but cannot be used (${each.join('; ')})` }]
}

function assess(
  study: Study,
  bundle: Pick<BundleManifest, 'sequences'>,
  uids: Partial<Record<Sequence, string>>,
  refused: ReadonlyMap<Uid, string>,
  pixels: NonNullable<Known['seen']>,
): Assessment {
  const all = study.series.map(seriesFacts)
  const assessed: Assessment = { all, usable: [], rescuable: [], unusable: [], fixed: new Map(), rejected: new Map() }
  const judged = all.map((facts) => {
    const mapFacts = mapEvidence(facts)
    const map = mapFacts && bundle.sequences[mapFacts.weighting] ? mapFacts : undefined
    const exclusion = exclusionOf(facts, map !== undefined, refused)
    const seen = map ?? shownBy(evidence(facts), pixels.get(facts.seriesInstanceUid)?.weighting)
    return { facts, seen, exclusion, doubt: map ? undefined : doubt(facts) }
  })
  const structural = judged.filter(
    ({ exclusion, seen }) => !exclusion && STRUCTURAL.some((one) => one === seen.weighting),
  )
  const contrast = contrastOf(all, new Set(structural.map(({ facts }) => facts)))
  for (const { facts, seen, exclusion, doubt } of judged) {
    const named = SEQUENCES.find((s) => uids[s] === facts.seriesInstanceUid && !assessed.fixed.has(s))
    const candidate = {
      facts,
      ...seen,
      ...withPixels(contrast.get(facts)!, pixels.get(facts.seriesInstanceUid)?.contrast),
    }
    if (named && facts.modality === 'MR') assessed.fixed.set(named, facts)
    else if (!exclusion) assessed.usable.push({ ...candidate, doubt })
    else {
      assessed.rejected.set(facts.seriesInstanceUid, [exclusion.reason])
      if (!impossibleReason(facts) && !refused.has(facts.seriesInstanceUid)) assessed.rescuable.push(candidate)
      if (exclusion.unusable) assessed.unusable.push({ ...candidate, reason: exclusion.reason })
    }
  }
  return assessed
}

function exclusionOf(facts: SeriesFacts, isMap: boolean, refused: ReadonlyMap<Uid, string>): Exclusion | undefined {
  const reason = isMap ? mapExclusionReason(facts) : undefined
  const exclusion = isMap ? reason && { reason } : exclusionReason(facts)
  const why = refused.get(facts.seriesInstanceUid)
  return exclusion || (why === undefined ? undefined : { reason: `no volume: ${why}`, unusable: true })
}

/** The matches of the first list that has any. */
function matching(lists: Candidate[][], fits: (candidate: Candidate) => boolean): Candidate[] {
  return lists.map((list) => list.filter(fits)).find((list) => list.length > 0) ?? []
}

/** T1-weighted series are told apart by contrast; what cannot be told is left, with the reason. */
function groupBySequence(usable: Candidate[], rejected: Map<string, string[]>) {
  const by: Record<Sequence, Candidate[]> = { T1: [], T1c: [], T2: [], FLAIR: [], ADC: [], rCBV: [] }
  const undecided: Candidate[] = []
  const t1 = usable.filter((candidate) => candidate.weighting === 'T1')
  const last = onlyLeftAfter(t1)
  // A study in which nothing at all speaks of contrast has had none, if it holds one T1 and its headers are whole.
  const plain = t1.length === 1 && t1[0]!.contrastReason === NOTHING_SAID && !t1[0]!.silent
  const silent = new Set(
    usable.filter((one) => one.silent && !one.weighting).map(({ facts }) => facts.seriesInstanceUid),
  )
  for (const candidate of usable) {
    const { facts, weighting, contrast, contrastReason } = candidate
    if (weighting === undefined)
      rejected.set(facts.seriesInstanceUid, ['no evidence of T1, T2 or FLAIR weighting', ...candidate.reasons])
    else if (weighting !== 'T1') by[weighting].push(candidate)
    else if (contrast === 'given') by.T1c.push(candidate)
    else if (candidate === last) by.T1c.push({ ...last, contrastReason: `${ONLY_LEFT}; ${contrastReason}` })
    else if (candidate.doubt === TRANSFER)
      // After contrast it is done to make agent stand out; before, it takes away what T1 shows.
      rejected.set(facts.seriesInstanceUid, [TRANSFER, ...candidate.reasons])
    else if (contrast === 'not-given' || plain) by.T1.push(candidate)
    else {
      const more = contrast === 'unknown' && t1.length > 1 ? ', and there is more than one such series' : ''
      rejected.set(facts.seriesInstanceUid, [
        `T1 with or without contrast: ${contrastReason}${more}`,
        ...candidate.reasons,
      ])
      undecided.push(candidate)
    }
  }
  return { by, undecided, silent }
}

function decide(
  facts: SeriesFacts,
  usable: Candidate[],
  rejected: Map<string, string[]>,
  selected: { sequence: Sequence; reasons: string[] } | undefined,
  sequences: Sequence[],
): SeriesDecision {
  const { seriesInstanceUid, seriesNumber, description: seriesDescription, modality } = facts
  const base = { seriesInstanceUid, seriesNumber, seriesDescription, modality }
  if (selected) return { ...base, selected: true, sequence: selected.sequence, reasons: selected.reasons }
  const reasons = rejected.get(seriesInstanceUid) ?? [
    `the bundle does not use it, or its sequence is taken (it uses ${sequences.join(', ')})`,
    ...reasonsOf(usable, seriesInstanceUid),
  ]
  return { ...base, selected: false, reasons }
}

function reasonsOf(candidates: Candidate[], uid: string): string[] {
  const candidate = candidates.find(({ facts }) => facts.seriesInstanceUid === uid)
  if (!candidate) return []
  return [
    ...candidate.reasons,
    ...(candidate.weighting === 'T1' ? [candidate.contrastReason] : []),
    ...(candidate.doubt ? [`though it may be ${candidate.doubt}`] : []),
    ...candidate.facts.passedOver,
  ]
}
