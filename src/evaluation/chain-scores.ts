// How well the whole chain did: overlap of the outlines, and each head's figures beside those of the patient's age alone; pure.
import type { BundleIdentity } from '../domain/finding.ts'
import type { BundleManifest } from '../inference/bundle/manifest.ts'
import { runnableHeads } from '../inference/bundle/manifest.ts'
import { quantile } from '../inference/volumes/quantile.ts'
import type { ChainCase } from './chain-case.ts'
import type { FalseEnhancement } from './evaluate.ts'
import { falseEnhancement } from './evaluate.ts'
import {
  type Answer,
  type ClassificationReport,
  type SurvivalReport,
  scoreClassification,
  scoreSurvival,
} from './head-scores.ts'
import { auc, bootstrap, concordance, type Estimate, mean } from './statistics.ts'

/** AUC (of each class, as in the report) or C of age alone, on the patients for whom the head answered. */
export interface BesideAge {
  age: Estimate
  /** The head's figure minus that of age, on the same resamples. */
  difference: Estimate
}

export interface ChainSummary {
  /** For cases with an expert's outline. */
  dice: { region: string; cases: number; mean: Estimate; median: number; volumeErrorMl: number }[]
  /** Absent if every case enhances, or no expert drew the parts of a tumour. */
  falseEnhancement?: FalseEnhancement
  heads: (
    | (ClassificationReport & { besideAge: Record<string, BesideAge> })
    | (SurvivalReport & { besideAge: BesideAge })
    | { head: string; status: 'not_evaluable'; reason: string }
  )[]
}

export function summariseChain(cases: readonly ChainCase[], bundle: Pick<BundleManifest, 'heads'>): ChainSummary {
  const scores = cases.map((one) => one.scores)
  const enhancing = falseEnhancement(scores)
  const silent = Object.entries(bundle.heads).flatMap(([head, { status, ...rest }]) =>
    status === 'not_evaluable' && 'reason' in rest ? [{ head, status, reason: String(rest.reason) } as const] : [],
  )
  return {
    dice: [...new Set(scores.flat().map(({ region }) => region))].map((region) => {
      const ofRegion = scores.flat().filter((score) => score.region === region)
      const dice = ofRegion.map((score) => score.dice)
      return {
        region,
        cases: ofRegion.length,
        mean: bootstrap(dice.length, (rows) => mean(rows.map((n) => dice[n]!))),
        median: quantile(dice, 0.5),
        volumeErrorMl: mean(ofRegion.map(({ volumeMl, referenceMl }) => Math.abs(volumeMl - referenceMl))),
      }
    }),
    ...(enhancing && { falseEnhancement: enhancing }),
    heads: [
      ...runnableHeads(bundle).map(({ name, head }) => {
        const answers = cases.flatMap(({ predictions, labels, age }) => {
          const prediction = predictions.find((one) => one.head === name)
          return prediction ? [{ prediction, labels, age }] : []
        })
        return head.status === 'tabular'
          ? { ...scoreClassification(name, head.classes, answers), besideAge: classesBesideAge(answers, head.classes) }
          : { ...scoreSurvival(name, answers), besideAge: survivalBesideAge(answers) }
      }),
      ...silent,
    ],
  }
}

type Aged = Answer & { age: number }

/**
 * Age is used in the direction in which it predicts better on these patients, which flatters it; a head that does no better is
 * therefore of no use here.
 */
function classesBesideAge(answers: readonly Aged[], classes: readonly string[]): Record<string, BesideAge> {
  const scored = answers.flatMap(({ prediction, labels, age }) => {
    if (prediction.status === 'not-evaluable' || !Number.isFinite(age)) return []
    const truth = labels[prediction.head as 'idh']
    return truth !== undefined && classes.includes(truth) ? [{ prediction, truth, age }] : []
  })
  const explained = classes.length === 2 ? classes.slice(1) : classes
  return Object.fromEntries(
    explained.map((label) => {
      const truth = scored.map((one) => one.truth === label)
      const ages = scored.map(({ age }) => age)
      const head = scored.map(({ prediction }) => (prediction.scores ?? prediction.probabilities)[label]!)
      const sign = auc(ages, truth) < 0.5 ? -1 : 1
      const of = (values: readonly number[], rows: readonly number[], by: number) =>
        auc(
          rows.map((n) => by * values[n]!),
          rows.map((n) => truth[n]!),
        )
      return [
        label,
        {
          age: bootstrap(scored.length, (rows) => of(ages, rows, sign)),
          difference: bootstrap(scored.length, (rows) => of(head, rows, 1) - of(ages, rows, sign)),
        },
      ]
    }),
  )
}

/** The older the patient, the higher the risk. */
function survivalBesideAge(answers: readonly Aged[]): BesideAge {
  const scored = answers.flatMap(({ prediction, labels: { survival }, age }) =>
    prediction.status === 'not-evaluable' || !prediction.survival || !survival || !Number.isFinite(age)
      ? []
      : [{ risk: prediction.survival.logRisk, age, ...survival }],
  )
  const of = (key: 'risk' | 'age', rows: readonly number[]) =>
    concordance(
      rows.map((n) => scored[n]![key]),
      rows.map((n) => scored[n]!.days),
      rows.map((n) => scored[n]!.died),
    )
  return {
    age: bootstrap(scored.length, (rows) => of('age', rows)),
    difference: bootstrap(scored.length, (rows) => of('risk', rows) - of('age', rows)),
  }
}

export interface ChainReport extends ChainSummary {
  bundle: BundleIdentity
  cases: ChainCase[]
  failures: { case: string; code: string; message: string }[]
  /** Case folders without a row in the table; they are not run. */
  withoutRow: string[]
  /** Rows of the table without a case folder. */
  rowsWithoutCase: number
  /** Highest resident size in MiB of the service's process and of the inference process. */
  peakRssMb: { service: number; inference: number }
}
