// A site's routing rules: which of the settled brain MR studies are analysed. Configured in the settings, applied here, explained in words.
import { texts } from '../dicom/dataset.ts'
import type { Exclusion, RoutingRules, RuleOutcome } from '../domain/routing-rules.ts'
import type { Sequence, Study } from '../domain/study.ts'
import { brainMrRules, type Eligibility, isSourceImage, verdictOf } from './eligible.ts'

/** What the rules need to know of a study besides its headers, requested only when a rule needs it. */
export interface RuleFacts {
  /** Sequences that the headers identify beyond doubt. */
  sequences(study: Study): readonly Sequence[]
  /** In years; undefined if the images do not state it. */
  age(study: Study): number | undefined
}

/** Every rule in order, up to the first one that makes the rest irrelevant. */
export function applyRules(study: Study, rules: RoutingRules, facts: RuleFacts): RuleOutcome[] {
  const always = brainMrRules(study)
  if (always.some(({ outcome }) => outcome === 'fail')) return always
  return [
    ...always,
    ...rules.exclude.map((one) => exclusionRule(study, one)),
    ...ageRule(study, rules, facts),
    ...seriesRule(study, rules, facts),
  ]
}

export function routingVerdict(study: Study, rules: RoutingRules, facts: RuleFacts): Eligibility {
  return verdictOf(applyRules(study, rules, facts), rules.waitSeconds)
}

function exclusionRule(study: Study, { attribute, matches, reason }: Exclusion): RuleOutcome {
  const pattern = new RegExp(matches, 'iu')
  const instances = study.series.filter(isSourceImage).flatMap((series) => series.instances)
  const isMet = instances.some(({ metadata }) => texts(metadata, attribute).some((value) => pattern.test(value)))
  const compared = `${attribute} against /${matches}/: ${isMet ? 'matches' : 'does not match'}`
  return { rule: 'exclude', compared, ...(isMet ? { outcome: 'fail' as const, reason } : { outcome: 'pass' as const }) }
}

/** A missing age excludes nobody: the bundle's own limit is checked before the analysis, with a note. */
function ageRule(study: Study, { minimumAgeYears: least, maximumAgeYears: most }: RoutingRules, facts: RuleFacts) {
  if (least === undefined && most === undefined) return []
  const age = facts.age(study)
  const bounds = [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ]
  const isOutside = age !== undefined && (age < (least ?? 0) || Math.floor(age) > (most ?? Number.POSITIVE_INFINITY))
  const verdict = age === undefined ? 'the images do not state it' : isOutside ? 'outside' : 'within'
  const compared = `wanted ${bounds.join(' and ')} years; ${verdict}`
  const fails = { outcome: 'fail' as const, reason: `the patient's age is not ${bounds.join(' and ')} years` }
  return [{ rule: 'age', compared, ...(isOutside ? fails : { outcome: 'pass' as const }) }] satisfies RuleOutcome[]
}

function seriesRule(study: Study, { requiredSeries }: RoutingRules, facts: RuleFacts): RuleOutcome[] {
  if (requiredSeries.length === 0) return []
  const sequences = facts.sequences(study)
  const missing = requiredSeries.filter((sequence) => !sequences.includes(sequence))
  const compared = `wanted ${requiredSeries.join(', ')}; found ${sequences.join(', ') || 'none'}`
  const rule = 'required series'
  if (missing.length === 0) return [{ rule, compared, outcome: 'pass' }]
  return [{ rule, compared, outcome: 'wait', reason: `the study lacks ${missing.join(', ')}` }]
}
