// gliabridge rules: shows the routing rules from the settings; with --explain, how they apply to one study. Changes nothing.
import type { RoutingRules } from '../../domain/routing-rules.ts'
import type { Explanation } from '../../pipeline/routing.ts'
import { readSettings } from '../../settings/read.ts'
import { mustAnswer } from '../service-api.ts'

export async function rulesCommand(config: string | undefined, { explain }: { explain?: string }): Promise<void> {
  const { http, rules } = await readSettings(config, process.env)
  if (explain === undefined) {
    process.stdout.write(`${rulesInWords(rules).join('\n')}\n`)
    return
  }
  const path = `/api/studies/${encodeURIComponent(explain)}/rules`
  process.stdout.write(`${explanationInWords((await mustAnswer(http, path)) as Explanation).join('\n')}\n`)
}

export function rulesInWords({ requiredSeries, waitSeconds, minimumAgeYears, maximumAgeYears, exclude }: RoutingRules) {
  return [
    'modality         MR among the images',
    'body part        head, or nothing said',
    ...exclude.map(({ attribute, matches, reason }) => `exclude          ${attribute} matches /${matches}/: ${reason}`),
    ...(minimumAgeYears === undefined ? [] : [`age              at least ${minimumAgeYears} years`]),
    ...(maximumAgeYears === undefined ? [] : [`age              at most ${maximumAgeYears} years`]),
    ...(requiredSeries.length === 0
      ? []
      : [`required series  ${requiredSeries.join(', ')}, waited for ${waitSeconds} s`]),
  ]
}

const OUTCOMES = { pass: 'passes', fail: 'FAILS', wait: 'waits', later: 'later' } as const

export function explanationInWords({ studyInstanceUid, stage, rules }: Explanation): string[] {
  const lines = rules.map(
    ({ rule, compared, outcome, reason }) =>
      `${OUTCOMES[outcome].padEnd(7)} ${rule.padEnd(16)} ${compared}${reason === undefined ? '' : ` → ${reason}`}`,
  )
  const isLeft = rules.some(({ outcome }) => outcome === 'fail')
  const waits = rules.some(({ outcome }) => outcome === 'wait')
  const verdict = isLeft
    ? 'not analysed'
    : waits
      ? 'waited for, then not analysed'
      : 'analysed, once its images stay the same'
  return [`study ${studyInstanceUid}: ${stage}`, ...lines, `verdict ${verdict}`]
}
