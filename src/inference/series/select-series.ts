// Chooses the series of a study for a bundle's sequences, with a reason for every series taken or left; it never guesses.
import { AppError } from '../../domain/errors.ts'
import { SEQUENCES, type Sequence, type Series, type SeriesDecision, type Study } from '../../domain/study.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import { channelOrder } from '../bundle/manifest.ts'
import { type Evidence, evidence } from './evidence.ts'
import { exclusionReason, impossibleReason, mapExclusionReason } from './exclusion.ts'
import { type SeriesFacts, seriesFacts } from './facts.ts'
import { mapEvidence } from './maps.ts'
import { prefer } from './preference.ts'

/**
 * A site's own rules per sequence: a Series Instance UID, which decides for its study, or a pattern (regular expression, matched
 * without regard to case) that narrows the choice to series of that description, where there is one. A pattern may name a
 * series that would be left for its kind (a derived one, for example), but none without images of a whole head.
 */
export type SeriesOverrides = Partial<Record<Sequence, string | undefined>>

export interface Selection {
  /** One per series, in the study's order. */
  decisions: SeriesDecision[]
  chosen: Partial<Record<Sequence, Series>>
  /** SERIES_MISSING or SERIES_AMBIGUOUS; the study must wait for a person. */
  hold?: AppError
}

interface Candidate extends Evidence {
  facts: SeriesFacts
}

/** What is known of a study's series before any is chosen. */
interface Assessment {
  all: SeriesFacts[]
  usable: Candidate[]
  /** Left for what they are called or how they were made; a pattern of the settings may still name them. */
  rescuable: Candidate[]
  fixed: Map<Sequence, SeriesFacts>
  /** Reasons per series UID of those left so far. */
  left: Map<string, string[]>
}

/** Decides on every series. Errors name series by number, since descriptions are free text. */
export function selectSeries(
  study: Study,
  bundle: Pick<BundleManifest, 'sequences' | 'require_any'>,
  overrides: SeriesOverrides = {},
): Selection {
  const rules = compile(overrides)
  const assessed = assess(study, bundle, rules.uids)
  const { all, usable, rescuable, fixed, left } = assessed
  const groups = groupBySequence(usable, left)
  const wanted = channelOrder(bundle)
  const taken = new Map<string, { sequence: Sequence; reasons: string[] }>()
  const isFree = ({ facts }: Candidate) => !taken.has(facts.seriesInstanceUid)
  const ambiguous: string[] = []
  const missing: string[] = []
  for (const sequence of wanted) {
    const named = fixed.get(sequence)
    if (named)
      taken.set(named.seriesInstanceUid, { sequence, reasons: [`chosen for ${sequence} by its UID in the settings`] })
  }
  const open = wanted.filter((sequence) => !fixed.has(sequence))
  // Those that the settings speak of come first, so that no other sequence takes their series.
  for (const sequence of open.toSorted((a, b) => Number(b in rules.descriptions) - Number(a in rules.descriptions))) {
    const pattern = rules.descriptions[sequence]
    const named = pattern
      ? matching([usable, rescuable], (one) => isFree(one) && pattern.test(one.facts.description))
      : []
    const candidates = named.length > 0 ? named : groups.by[sequence].filter(isFree)
    const { best, lost } = prefer(
      candidates.map(({ facts }) => facts),
      sequence,
    )
    const because = (uid: string, reason: string) => [reason, ...reasonsOf(candidates, uid)]
    for (const [uid, why] of lost) left.set(uid, because(uid, `${sequence}, but another series was preferred: ${why}`))
    const [first, ...ties] = best
    if (first && ties.length === 0) {
      const reasons = reasonsOf(candidates, first.seriesInstanceUid)
      const how = named.length > 0 ? [`description matches the settings for ${sequence}`] : []
      taken.set(first.seriesInstanceUid, { sequence, reasons: [...how, ...reasons] })
    } else if (first) {
      ambiguous.push(`${sequence}: series ${numbersOf(best)} fit equally well`)
      for (const { seriesInstanceUid: uid } of best)
        left.set(uid, because(uid, `${sequence}, as well as another series: a person must choose`))
    } else if (bundle.sequences[sequence]?.required || bundle.require_any?.includes(sequence)) {
      const possible =
        sequence === 'T1' || sequence === 'T1c' ? groups.undecided.filter(isFree).map(({ facts }) => facts) : []
      if (possible.length > 0)
        ambiguous.push(`${sequence}: it cannot be told whether series ${numbersOf(possible)} had contrast`)
      else if (bundle.sequences[sequence]?.required) missing.push(sequence)
    }
  }
  const any = bundle.require_any ?? []
  const isTaken = (sequence: Sequence) => [...taken.values()].some((one) => one.sequence === sequence)
  if (any.length > 0 && ambiguous.length === 0 && !any.some(isTaken)) missing.push(any.join(' or '))

  const candidates = [...usable, ...rescuable]
  const decisions = all.map((facts) => decide(facts, candidates, left, taken.get(facts.seriesInstanceUid), wanted))
  const chosen: Partial<Record<Sequence, Series>> = {}
  for (const [n, decision] of decisions.entries()) if (decision.sequence) chosen[decision.sequence] = study.series[n]!
  const hold = holdOf(missing, ambiguous, decisions)
  return { decisions, chosen, ...(hold ? { hold } : {}) }
}

function assess(
  study: Study,
  bundle: Pick<BundleManifest, 'sequences'>,
  uids: Partial<Record<Sequence, string>>,
): Assessment {
  const all = study.series.map(seriesFacts)
  const assessed: Assessment = { all, usable: [], rescuable: [], fixed: new Map(), left: new Map() }
  for (const facts of all) {
    const named = SEQUENCES.find((s) => uids[s] === facts.seriesInstanceUid && !assessed.fixed.has(s))
    const found = mapEvidence(facts)
    const map = found && bundle.sequences[found.weighting] ? found : undefined
    const reason = map ? mapExclusionReason(facts) : exclusionReason(facts)
    if (named && facts.modality === 'MR') assessed.fixed.set(named, facts)
    else if (!reason) assessed.usable.push({ facts, ...(map ?? evidence(facts)) })
    else {
      assessed.left.set(facts.seriesInstanceUid, [reason])
      if (!impossibleReason(facts)) assessed.rescuable.push({ facts, ...evidence(facts) })
    }
  }
  return assessed
}

/** The matches of the first list that has any. */
function matching(lists: Candidate[][], fits: (candidate: Candidate) => boolean): Candidate[] {
  return lists.map((list) => list.filter(fits)).find((list) => list.length > 0) ?? []
}

/** T1-weighted series are told apart by contrast; what cannot be told is left, with the reason. */
function groupBySequence(usable: Candidate[], left: Map<string, string[]>) {
  const by: Record<Sequence, Candidate[]> = { T1: [], T1c: [], T2: [], FLAIR: [], ADC: [], rCBV: [] }
  const undecided: Candidate[] = []
  const t1 = usable.filter((candidate) => candidate.weighting === 'T1')
  const enhanced = t1.filter((candidate) => candidate.contrast === 'given')
  const unknown = t1.filter((candidate) => candidate.contrast === 'unknown')
  const firstContrast =
    enhanced
      .map(({ facts }) => facts.acquiredAt)
      .filter(Boolean)
      .sort()[0] ?? ''
  for (const candidate of usable) {
    const { facts, weighting, contrast } = candidate
    const leave = (...reasons: string[]) => {
      left.set(facts.seriesInstanceUid, [...reasons, ...candidate.reasons])
      if (weighting === 'T1') undecided.push(candidate)
    }
    if (weighting === undefined) leave('no evidence of T1, T2 or FLAIR weighting')
    else if (weighting !== 'T1') by[weighting].push(candidate)
    else if (contrast === 'given') by.T1c.push(candidate)
    else if (contrast === 'not-given') by.T1.push(candidate)
    else if (contrast === 'conflict') leave(`T1 with or without contrast: ${candidate.contrastReason}`)
    else if (enhanced.length === 0 && unknown.length > 1)
      leave(`T1 with or without contrast: ${candidate.contrastReason}, and there is more than one such series`)
    else if (firstContrast !== '' && facts.acquiredAt !== '' && facts.acquiredAt > firstContrast)
      leave('T1 with or without contrast: acquired after a series with contrast, but not marked itself')
    else by.T1.push(candidate)
  }
  return { by, undecided }
}

function decide(
  facts: SeriesFacts,
  usable: Candidate[],
  left: Map<string, string[]>,
  taken: { sequence: Sequence; reasons: string[] } | undefined,
  wanted: Sequence[],
): SeriesDecision {
  const { seriesInstanceUid, seriesNumber, description: seriesDescription, modality } = facts
  const base = { seriesInstanceUid, seriesNumber, seriesDescription, modality }
  if (taken) return { ...base, taken: true, sequence: taken.sequence, reasons: taken.reasons }
  const reasons = left.get(seriesInstanceUid) ?? [
    `the bundle does not use it, or its sequence is taken (it uses ${wanted.join(', ')})`,
    ...reasonsOf(usable, seriesInstanceUid),
  ]
  return { ...base, taken: false, reasons }
}

function reasonsOf(candidates: Candidate[], uid: string): string[] {
  const candidate = candidates.find(({ facts }) => facts.seriesInstanceUid === uid)
  if (!candidate) return []
  return [...candidate.reasons, ...(candidate.weighting === 'T1' ? [candidate.contrastReason] : [])]
}

function holdOf(missing: string[], ambiguous: string[], decisions: SeriesDecision[]): AppError | undefined {
  if (missing.length === 0 && ambiguous.length === 0) return undefined
  const found = decisions
    .filter((d) => d.taken)
    .map((d) => `${d.sequence} in series ${d.seriesNumber || '(no number)'}`)
  const parts = [
    ...(missing.length > 0 ? [`no usable series for ${missing.join(', ')}`] : []),
    ...ambiguous,
    `found: ${found.join(', ') || 'none of the sequences'}; ${decisions.length - found.length} of ${decisions.length} series left`,
  ]
  return new AppError(missing.length > 0 ? 'SERIES_MISSING' : 'SERIES_AMBIGUOUS', parts.join('; '))
}

function numbersOf(all: SeriesFacts[]): string {
  return all.map((facts) => facts.seriesNumber || '(no number)').join(', ')
}

/** A value of digits and dots alone is a UID (PS3.5 Section 9.1). */
function compile(overrides: SeriesOverrides) {
  const uids: Partial<Record<Sequence, string>> = {}
  const descriptions: Partial<Record<Sequence, RegExp>> = {}
  for (const sequence of SEQUENCES) {
    const rule = overrides[sequence]
    if (!rule) continue
    if (/^\d+(\.\d+){2,}$/.test(rule)) uids[sequence] = rule
    else descriptions[sequence] = pattern(rule, sequence)
  }
  return { uids, descriptions }
}

function pattern(source: string, sequence: Sequence): RegExp {
  try {
    return new RegExp(source, 'iu')
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `series.overrides.${sequence} is not a regular expression`, { cause })
  }
}
