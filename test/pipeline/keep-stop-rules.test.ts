// Stop rules at work on the embedded database: off once, visibly, until a person turns the head on; what was before that is not counted again.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { Measured, StopRule } from '../../src/domain/stop-rules.ts'
import { keepStopRules, ruleStates } from '../../src/pipeline/keep-stop-rules.ts'
import { withStopped } from '../../src/pipeline/predict.ts'
import type { Database } from '../../src/store/database.ts'
import { createHeadSwitches } from '../../src/store/head-switches.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { sampleBundle } from '../support/sample-figures.ts'

let db: Database
beforeAll(async () => {
  db = await openDatabase()
})
afterAll(() => db?.close())

const clock = createManualClock('2026-11-01T00:00:00.000Z')
const rule: StopRule = { head: 'idh', measure: 'wrong-calls', above: 0.2, cases: 20 }
const settings = { days: 30, stopRules: [rule] }
let now: Measured
let asked: string[]
let rows: AuditEntry[]

function ports() {
  const log = createKeptLog()
  const measure = async (_rule: StopRule, since: string) => {
    asked.push(since)
    return now
  }
  return {
    switches: createHeadSwitches(db, clock),
    audit: { record: async (row: AuditEntry) => void rows.push(row) },
    clock,
    log,
    measure,
  }
}
beforeEach(() => {
  now = { value: 0.1, cases: 40 }
  asked = []
  rows = []
})

describe('a head', () => {
  it('stays on while the bound holds, or too little was seen', async () => {
    expect(await keepStopRules(ports(), settings)).toEqual([])
    now = { value: 0.5, cases: 19 }
    expect(await keepStopRules(ports(), settings)).toEqual([])
    expect(await ports().switches.stopped()).toEqual([])
    expect(asked).toEqual(['2026-10-02T00:00:00.000Z', '2026-10-02T00:00:00.000Z'])
  })

  it('is turned off once, with the reason, in log and audit', async () => {
    now = { value: 0.3, cases: 40 }
    const at = ports()
    expect(await keepStopRules(at, settings)).toEqual(['idh'])
    clock.advance(3600)
    expect(await keepStopRules(at, settings)).toEqual([])
    expect(await at.switches.stopped()).toEqual([
      {
        head: 'idh',
        at: '2026-11-01T00:00:00.000Z',
        reason: "Calls that tissue contradicts: 30 % of 40; the site's rule allows 20 %",
      },
    ])
    expect(at.log.lines).toMatchObject([{ level: 'error', fields: { head: 'idh', measure: 'wrong-calls' } }])
    expect(rows).toMatchObject([
      { action: 'write', target: 'store', what: 'head idh turned off by the stop rule wrong-calls' },
    ])
  })

  it('says so instead of an answer, and another head answers as before', async () => {
    const { heads } = withStopped(sampleBundle, await ports().switches.stopped())
    expect(heads.idh).toEqual({
      status: 'not_evaluable',
      reason:
        "Turned off at this site since 2026-11-01 by a stop rule, until a person turns it on. Calls that tissue contradicts: 30 % of 40; the site's rule allows 20 %.",
    })
    expect(heads.grade).toBe(sampleBundle.heads.grade)
    expect(sampleBundle.heads.idh.status).toBe('tabular')
  })

  it('was on before, for whoever makes an earlier analysis again', async () => {
    const { switches } = ports()
    expect(await switches.stopped('2026-10-31T23:59:59.000Z')).toEqual([])
    expect(await switches.stopped('2026-11-01T00:00:01.000Z')).toHaveLength(1)
  })

  it('answers again once a person turns it on, and is judged by what comes after', async () => {
    const { switches } = ports()
    expect(await switches.turn('idh', 'on', 'Nine (P-1)', 'the scanner was set right')).toBe(true)
    expect(await switches.turn('idh', 'on', 'Nine (P-1)', 'again')).toBe(false)
    expect(await switches.stopped()).toEqual([])
    const [state] = await ruleStates(ports(), settings)
    expect(state!.since).toBe('2026-11-01T01:00:00.000Z')
    expect(asked).toEqual(['2026-11-01T01:00:00.000Z'])
    await expect(db.query("update gliabridge.head_switches set state = 'on'")).rejects.toThrow(/23001/)
  })
})
