// The tabular heads in a bundle manifest: what each needs, what it returns, and the limits within which it may answer.
import { z } from 'zod'
import { isTumourFeature } from '../features/tumour-features.ts'
import { CLINICAL_FEATURES } from '../heads/clinical.ts'
import { isEncoderFeature } from './encoder.ts'

const text = z.string().min(1)
const onnxFile = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$/, 'must be a plain ONNX file name inside the bundle folder')
const probability = z.number().min(0).max(1)
const finite = z.number()
const notEvaluable = z.strictObject({ status: z.literal('not_evaluable'), reason: text })

/** At most 2^12 coalitions are computed: a head with more features declares groups. */
const MAX_PLAYERS = 12

/**
 * Calibration data of a classification head. `bins` cover the probability of the likeliest class: n patients fell into [lower,
 * upper), and for `wrong` of them it was not the true class.
 */
const calibration = z
  .strictObject({
    n_by_class: z.record(text, z.int().positive()),
    bins: z.array(z.strictObject({ lower: probability, upper: probability, n: z.int().min(0), wrong: z.int().min(0) })),
    /** Never above 1 - 3 / n for the class, whatever is stated here. */
    max_probability: z.record(text, probability),
    min_call_probability: z.number().gt(0.5).max(1),
  })
  .superRefine(({ bins }, context) => {
    bins.forEach(({ lower, upper, n, wrong }, at) => {
      const report = (key: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['bins', at, key], message })
      if (!(lower < upper)) report('upper', 'must be above lower')
      if (at > 0 && lower < bins[at - 1]!.upper) report('lower', 'must not lie in the bin before')
      if (wrong > n) report('wrong', 'must not exceed n')
    })
  })

export type Calibration = z.infer<typeof calibration>

const shared = {
  file: onnxFile,
  input: text,
  output: text,
  members: text,
  features: z.array(text).min(1),
  required: z.array(text),
  /** Training medians: the baseline of the contributions. */
  reference: z.array(finite).min(1),
  /** Squared Mahalanobis distance over all features; beyond `limit` the head does not answer. */
  guard: z.strictObject({
    mean: z.array(finite).min(1),
    precision: z.array(z.array(finite)).min(1),
    limit: z.number().positive(),
  }),
  /** Features whose contributions are stated only together. */
  groups: z.record(text, z.array(text).min(1)).optional(),
  evaluation: z.record(z.string(), z.unknown()),
}

interface Shared {
  features: string[]
  required: string[]
  reference: number[]
  guard: { mean: number[]; precision: number[][]; limit: number }
  groups?: Record<string, string[]> | undefined
}

type Report = (path: (string | number)[], message: string) => void

/** Checks that lists which belong together match. */
function checkShared(head: Shared, report: Report): void {
  const { features, required, reference, guard, groups } = head
  const count = features.length
  for (const name of repeated(features)) report(['features'], `${name} occurs twice`)
  for (const name of features) {
    if (!CLINICAL_FEATURES.includes(name) && !isTumourFeature(name) && !isEncoderFeature(name))
      report(['features'], `${name} is not a feature that the service can compute`)
  }
  for (const name of required) if (!features.includes(name)) report(['required'], `${name} is not one of the features`)
  if (reference.length !== count) report(['reference'], `has ${reference.length} numbers for ${count} features`)
  if (guard.mean.length !== count) report(['guard', 'mean'], `has ${guard.mean.length} numbers for ${count} features`)
  if (guard.precision.length !== count || guard.precision.some((row) => row.length !== count)) {
    report(['guard', 'precision'], `must be ${count} rows of ${count} numbers`)
  } else if (
    guard.precision.some((row, i) =>
      row.some((v, j) => !mirrors(v, guard.precision[j]![i]!, row[i]!, guard.precision[j]![j]!)),
    )
  ) {
    report(['guard', 'precision'], 'must be symmetric')
  }
  if (groups) {
    const grouped = Object.values(groups).flat()
    for (const name of repeated(grouped)) report(['groups'], `${name} occurs twice`)
    for (const name of grouped) if (!features.includes(name)) report(['groups'], `${name} is not one of the features`)
    for (const name of features) if (!grouped.includes(name)) report(['groups'], `${name} is in no group`)
  }
  const players = groups ? Object.keys(groups).length : count
  if (players > MAX_PLAYERS) {
    report(
      groups ? ['groups'] : ['features'],
      `${players} are too many to explain; declare at most ${MAX_PLAYERS} groups`,
    )
  }
}

const repeated = (names: readonly string[]) => new Set(names.filter((name, n) => names.indexOf(name) !== n))
/** Equal except for rounding, on the scale set by the two diagonal elements. */
const mirrors = (a: number, b: number, di: number, dj: number) => Math.abs(a - b) <= 1e-6 * Math.sqrt(Math.abs(di * dj))

/** A classification head; `names` are the classes that the service has words for. */
function tabular(names: readonly string[]) {
  return z
    .strictObject({
      status: z.literal('tabular'),
      ...shared,
      classes: z.array(z.enum(names as [string, ...string[]], `must be one of ${names.join(', ')}`)).min(2),
      conformal: z.strictObject({
        /** How often the true class may be missing from the set. */
        error_rate: z.number().gt(0).lt(0.5),
        /** A class is in the set if its probability reaches its limit. */
        limits: z.record(text, probability),
      }),
      /** If absent, see bounds.ts for the default. */
      calibration: calibration.optional(),
    })
    .superRefine((head, context) => {
      const report: Report = (path, message) => context.addIssue({ code: 'custom', path, message })
      checkShared(head, report)
      for (const name of repeated(head.classes)) report(['classes'], `${name} occurs twice`)
      for (const name of head.classes)
        if (head.conformal.limits[name] === undefined) report(['conformal', 'limits'], `${name} has no limit`)
      for (const name of Object.keys(head.conformal.limits))
        if (!head.classes.includes(name)) report(['conformal', 'limits'], `${name} is not one of the classes`)
      for (const key of ['n_by_class', 'max_probability'] as const) {
        const stated = head.calibration?.[key]
        if (!stated) continue
        for (const name of head.classes)
          if (stated[name] === undefined) report(['calibration', key], `${name} is missing`)
        for (const name of Object.keys(stated))
          if (!head.classes.includes(name)) report(['calibration', key], `${name} is not one of the classes`)
      }
    })
}

const months = z
  .array(z.number().min(0))
  .min(1)
  .refine((all) => all.every((month, n) => n === 0 || month > all[n - 1]!), 'must increase')

const kaplanMeier = z
  .strictObject({
    months,
    survival: z.array(probability).min(1),
    lower: z.array(probability).min(1),
    upper: z.array(probability).min(1),
  })
  .superRefine((curve, context) => {
    for (const name of ['survival', 'lower', 'upper'] as const) {
      if (curve[name].length !== curve.months.length)
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `has ${curve[name].length} values for ${curve.months.length} months`,
        })
    }
    if (curve.survival.some((value, n) => n > 0 && value > curve.survival[n - 1]!))
      context.addIssue({ code: 'custom', path: ['survival'], message: 'must not rise' })
  })

const tabularSurvival = z
  .strictObject({
    status: z.literal('tabular-survival'),
    ...shared,
    /** Breslow: S(t|x) = exp(-H0(t) exp(log risk)), a step function. */
    baseline: z.strictObject({ months, cumulative_hazard: z.array(z.number().min(0)).min(1) }),
    horizons_months: z
      .array(z.int().positive())
      .min(1)
      .refine((all) => all.every((month, n) => n === 0 || month > all[n - 1]!), 'must increase'),
    risk_groups: z
      .array(
        z.strictObject({
          name: text,
          /** The highest log risk in the group; null for the last group. */
          upper_log_risk: z.number().nullable(),
          n: z.int().positive(),
          events: z.int().min(0),
          kaplan_meier: kaplanMeier,
        }),
      )
      .min(1),
  })
  .superRefine((head, context) => {
    const report: Report = (path, message) => context.addIssue({ code: 'custom', path, message })
    checkShared(head, report)
    const { baseline, horizons_months: horizons, risk_groups: groups } = head
    const hazard = baseline.cumulative_hazard
    if (hazard.length !== baseline.months.length)
      report(['baseline', 'cumulative_hazard'], `has ${hazard.length} values for ${baseline.months.length} months`)
    if (hazard.some((value, n) => n > 0 && value < hazard[n - 1]!))
      report(['baseline', 'cumulative_hazard'], 'must not fall')
    const last = baseline.months.at(-1) ?? 0
    for (const month of horizons)
      if (month > last) report(['horizons_months'], `${month} months lie beyond the baseline, which ends at ${last}`)
    groups.forEach((group, n) => {
      const isLast = n === groups.length - 1
      const upper = group.upper_log_risk
      const before = n > 0 ? groups[n - 1]!.upper_log_risk : Number.NEGATIVE_INFINITY
      if (isLast !== (upper === null))
        report(['risk_groups', n, 'upper_log_risk'], 'must be null in the last group and only there')
      else if (upper !== null && before !== null && upper <= before)
        report(['risk_groups', n, 'upper_log_risk'], 'must be above the group before')
      if (group.events > group.n) report(['risk_groups', n, 'events'], 'must not exceed n')
    })
  })

/** The classes that each head may name, in the words of WHO 2021. */
export const CLASSES = {
  idh: ['IDH-wildtype', 'IDH-mutant'],
  '1p19q': ['intact', 'codeleted'],
  mgmt: ['unmethylated', 'methylated'],
  grade: ['2', '3', '4'],
} as const

const classification = (name: keyof typeof CLASSES) =>
  z.discriminatedUnion('status', [notEvaluable, tabular(CLASSES[name])])

export const headsSchema = z.strictObject({
  idh: classification('idh'),
  '1p19q': classification('1p19q'),
  mgmt: classification('mgmt'),
  grade: classification('grade'),
  survival: z.discriminatedUnion('status', [notEvaluable, tabularSurvival]),
})

export type BundleHeads = z.infer<typeof headsSchema>
export type TabularHead = z.infer<ReturnType<typeof tabular>>
export type SurvivalHead = z.infer<typeof tabularSurvival>
/** A head that has a network. */
export type RunnableHead = TabularHead | SurvivalHead

/** How many numbers the head's output has per row. */
export function outputWidth(head: RunnableHead): number {
  return head.status === 'tabular' ? head.classes.length : 1
}
