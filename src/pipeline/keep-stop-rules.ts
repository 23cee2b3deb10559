// Checks every hour whether a site's own bounds still hold, and turns a head off if one does not.
import { DAY_MS, HOUR_MS } from '../domain/durations.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { HeadSwitches } from '../domain/ports/head-switches.ts'
import type { Log } from '../domain/ports/log.ts'
import { repeat } from '../domain/repeat.ts'
import { isBroken, type Measured, type RuleState, type StopRule } from '../domain/stop-rules.ts'
import { stopReason } from '../wording/stop-rules.ts'

export interface StopRulePorts {
  switches: HeadSwitches
  audit: AuditTrail
  clock: Clock
  log: Log
  /** Measures what the rule checks, counting from that moment (ISO 8601). */
  measure(rule: StopRule, since: string): Promise<Measured>
}

export interface StopRuleSettings {
  days: number
  stopRules: readonly StopRule[]
}

/** The current state of each rule. Nothing from before a person turned the head on counts, since that person has judged it. */
export async function ruleStates(
  { switches, clock, measure }: Pick<StopRulePorts, 'switches' | 'clock' | 'measure'>,
  { days, stopRules }: StopRuleSettings,
): Promise<RuleState[]> {
  const from = new Date(clock.now().getTime() - days * DAY_MS).toISOString()
  const states: RuleState[] = []
  for (const rule of stopRules) {
    const turnedOn = (await switches.turnedOn(rule.head)) ?? from
    const since = turnedOn > from ? turnedOn : from
    states.push({ rule, since, measured: await measure(rule, since) })
  }
  return states
}

/** Runs one round and returns the heads that it turned off. */
export async function keepStopRules(ports: StopRulePorts, settings: StopRuleSettings): Promise<string[]> {
  const { switches, audit, log } = ports
  const stopped: string[] = []
  for (const state of await ruleStates(ports, settings)) {
    const { head, measure } = state.rule
    if (!isBroken(state.rule, state.measured)) continue
    if (!(await switches.turn(head, 'off', 'rule', stopReason(state)))) continue
    stopped.push(head)
    log.error({ head, measure, cases: state.measured.cases }, 'a stop rule turned a head off')
    const what = `head ${head} turned off by the stop rule ${measure}`
    await audit.record({ action: 'write', target: 'store', studyInstanceUid: '', what, outcome: 'success' })
  }
  return stopped
}

/** Runs until the signal aborts. */
export function runStopRules(ports: StopRulePorts, settings: StopRuleSettings, signal: AbortSignal): Promise<void> {
  const rounds = { pauseMs: HOUR_MS, failure: 'stop rules were not looked at', level: 'error' } as const
  return repeat(() => keepStopRules(ports, settings), rounds, ports, signal)
}
