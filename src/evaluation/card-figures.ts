// What a bundle's manifest states about a head, in the same terms as a site's own figures: wrong calls from the calibration bins, AUC over its patients; pure.
import { z } from 'zod'
import type { AucFigure, HeadFigures, Share } from '../domain/concordance.ts'
import type { TabularHead } from '../inference/bundle/heads.ts'
import { wilson } from '../inference/heads/bounds.ts'

/** `evaluation` has no fixed form; this is how our training writes it. */
const measured = z.looseObject({
  within_cohorts: z.looseObject({
    auc: z.looseObject({ value: z.number(), ci95: z.tuple([z.number(), z.number()]) }),
  }),
})

export function cardFigures(head: TabularHead): HeadFigures['card'] {
  const wrongCalls = callsOf(head)
  const auc = aucOf(head)
  return wrongCalls || auc ? { ...(wrongCalls && { wrongCalls }), ...(auc && { auc }) } : undefined
}

/** From the bins in which a class is called: those that begin at or above the lowest probability for a call. */
function callsOf({ calibration }: TabularHead): Share | undefined {
  const called = (calibration?.bins ?? []).filter(({ lower }) => lower >= calibration!.min_call_probability)
  const [of, count] = [sum(called.map(({ n }) => n)), sum(called.map(({ wrong }) => wrong))]
  return of === 0 ? undefined : { count, of, ci95: wilson(count / of, of) }
}

/** Our training measures the last class against the others. */
function aucOf({ evaluation, classes }: TabularHead): AucFigure | undefined {
  const { success, data } = measured.safeParse(evaluation)
  return success ? { label: classes.at(-1)!, ...data.within_cohorts.auc } : undefined
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
