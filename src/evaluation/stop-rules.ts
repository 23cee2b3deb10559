// Measures what a stop rule checks from a site's own cases; pure.
import type { SiteCase } from '../domain/concordance.ts'
import type { Head } from '../domain/finding.ts'
import type { Measured, StopRule } from '../domain/stop-rules.ts'
import type { LoadedBundle } from '../inference/bundle/manifest.ts'
import { firstOfPatients, headFigures, withTissue } from './concordance.ts'
import { mean } from './statistics.ts'

/** Counts only cases of the current model; a head that the bundle does not provide has none. `holds` are counted elsewhere. */
export function measureRule(
  { head: name, measure }: Pick<StopRule, 'head'> & { measure: Exclude<StopRule['measure'], 'holds'> },
  cases: readonly SiteCase[],
  { heads, identity }: Pick<LoadedBundle, 'heads' | 'identity'>,
): Measured {
  const head = heads[name]
  if (head.status !== 'tabular') return { cases: 0 }
  const first = firstOfPatients(cases.filter((one) => one.modelDigest === identity.modelDigest))
  if (measure === 'not-evaluable') return answered(first, name)
  if (measure === 'calibration') return calibration(first, name, head.classes)
  const figures = headFigures(first, name, head)
  return shareOf(measure === 'wrong-calls' ? figures.wrongCalls : figures.changedCalls)
}

export function shareOf({ count, of }: { count: number; of: number }): Measured {
  return { cases: of, ...(of > 0 && { value: count / of }) }
}

function answered(cases: readonly SiteCase[], name: Head): Measured {
  const all = cases.flatMap(({ predictions }) => predictions.filter(({ head }) => head === name))
  return shareOf({ count: all.filter(({ status }) => status === 'not-evaluable').length, of: all.length })
}

/** Calibration in the large: over- or underconfidence overall, not by bins, for which a site has too few patients. */
function calibration(cases: readonly SiteCase[], name: Head, classes: readonly string[]): Measured {
  const likeliest = withTissue(cases, name, classes).scored.flatMap(({ prediction, truth }) => {
    if (prediction.status === 'not-evaluable') return []
    const [label, probability] = Object.entries(prediction.probabilities).reduce((a, b) => (b[1] > a[1] ? b : a))
    return [{ probability, isRight: label === truth }]
  })
  if (likeliest.length === 0) return { cases: 0 }
  const said = mean(likeliest.map(({ probability }) => probability))
  const right = mean(likeliest.map(({ isRight }) => Number(isRight)))
  return { value: Math.abs(said - right), cases: likeliest.length }
}
