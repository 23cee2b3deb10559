// Go or no-go: a site's own results compared with the limits stated beforehand; pure.
import type { AcceptanceLimit, AcceptanceReport, AcceptedStudy, LimitVerdict } from '../domain/acceptance.ts'
import { quantile } from '../inference/volumes/quantile.ts'

/** Go only if every limit is met. */
export function judgeAcceptance(
  limits: readonly AcceptanceLimit[],
  studies: readonly AcceptedStudy[],
): Pick<AcceptanceReport, 'decision' | 'verdicts'> {
  const verdicts = limits.map((limit) => verdictOn(limit, studies))
  return { verdicts, decision: verdicts.every(({ isMet }) => isMet) ? 'go' : 'no-go' }
}

/** Whatever could not be measured, or was measured on too few cases, is not met. */
function verdictOn(limit: AcceptanceLimit, studies: readonly AcceptedStudy[]): LimitVerdict {
  const { measured, cases } = measureOf(limit, studies)
  const isWithin = measured !== undefined && ('atLeast' in limit ? measured >= limit.atLeast : measured <= limit.atMost)
  return { limit, ...(measured !== undefined && { measured }), cases, isMet: isWithin && cases >= limit.cases }
}

function measureOf(
  limit: AcceptanceLimit,
  studies: readonly AcceptedStudy[],
): { measured: number | undefined; cases: number } {
  switch (limit.measure) {
    case 'studies':
      return { measured: studies.length, cases: studies.length }
    case 'failures': {
      const failed = studies.filter(({ failure }) => failure !== undefined).length
      return { measured: studies.length === 0 ? undefined : failed / studies.length, cases: studies.length }
    }
    case 'dice':
      return medianOf(scoresIn(studies, limit.region).map(({ dice }) => dice))
    case 'volume-error':
      return medianOf(
        scoresIn(studies, limit.region).flatMap(({ volumeMl, referenceMl }) =>
          referenceMl > 0 ? [Math.abs(volumeMl - referenceMl) / referenceMl] : [],
        ),
      )
    case 'wrong-calls': {
      const calls = studies.flatMap(({ calls: all }) =>
        all.filter(({ head, call, truth }) => head === limit.head && call !== undefined && truth !== undefined),
      )
      const wrong = calls.filter(({ call, truth }) => call !== truth).length
      return { measured: calls.length === 0 ? undefined : wrong / calls.length, cases: calls.length }
    }
    case 'seconds': {
      const seconds = studies.flatMap((study) => study.seconds ?? [])
      return { measured: seconds.length === 0 ? undefined : Math.max(...seconds), cases: seconds.length }
    }
  }
}

const scoresIn = (studies: readonly AcceptedStudy[], region: string) =>
  studies.flatMap(({ scores }) => scores.filter((score) => score.region === region))

const medianOf = (values: readonly number[]) => ({
  measured: values.length === 0 ? undefined : quantile(values, 0.5),
  cases: values.length,
})
