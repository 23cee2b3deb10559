// Bundles on the embedded database: two processes that decide and compute, limits that refuse an activation one by one, the way back, and the audit of it all.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BundleRef, ChangeLimit, InstalledBundle, ShadowCase } from '../../src/domain/bundles.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import { limitStates } from '../../src/evaluation/shadow.ts'
import { type DecisionPorts, decideOnBundle, viewBundles } from '../../src/pipeline/bundle-decisions.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import { createBundleStore } from '../../src/store/bundles.ts'
import type { Database } from '../../src/store/database.ts'
import { createErasureStore } from '../../src/store/erasure.ts'
import { openDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { sampleResult } from '../support/sample-analyses.ts'

let db: Database
let clock = createManualClock()
let rows: AuditEntry[]
beforeAll(async () => {
  db = await openDatabase()
})
beforeEach(async () => {
  await db.transaction((tx) =>
    tx.script('truncate gliabridge.bundle_changes, gliabridge.analyses restart identity cascade'),
  )
  clock = createManualClock('2026-11-01T00:00:00.000Z')
  rows = []
})
afterAll(() => db?.close())

const ref = (id: string, digit: string): BundleRef => {
  return { id, version: '1.0.0', digest: digit.repeat(64), modelDigest: digit.toUpperCase().repeat(64) }
}
const [OLD, NEW, OTHER] = [ref('old', 'a'), ref('new', 'b'), ref('other', 'c')]
const limits: ChangeLimit[] = [
  { part: 'modifications', measure: 'replaces', ids: ['old'] },
  { part: 'protocol', measure: 'cases', atLeast: 3 },
  { part: 'impact', measure: 'dice', region: 'WT', atLeast: 0.8 },
  { part: 'impact', measure: 'failures', atMost: 0.34 },
]
const words = { modifications: 'm', protocol: 'p', impact: 'i' }
const installedAs = (bundle: BundleRef, own?: ChangeLimit[]): InstalledBundle => {
  const changeControl = own && { words, limits: own }
  return {
    folder: `/opt/${bundle.id}`,
    bundle,
    name: bundle.id,
    changeControl,
    regions: ['WT'],
    heads: ['idh', 'survival'],
  }
}
const ALL = [installedAs(OLD), installedAs(NEW, limits), installedAs(OTHER)]

/** One process; `installed` is what it sees on its disk. */
function processWith(installed: InstalledBundle[] = ALL): DecisionPorts {
  return {
    bundles: createBundleStore(db, clock),
    audit: { record: async (row) => void rows.push(row) },
    installed: async () => installed,
    verify: async () => undefined,
    judge: limitStates,
  }
}
const dora = { by: 'Dora Nine', reason: 'because' }

async function deliver(id: string, modelDigest = OLD.modelDigest): Promise<void> {
  const analyses = createAnalysisStore(db, clock)
  const about = { bundleId: 'b', bundleDigest: 'd', modelDigest, instanceSetDigest: 'i' }
  await analyses.register({ analysisId: id, studyInstanceUid: `1.2.${id.slice(1)}`, ...about })
  await analyses.move(id, 'running')
  await analyses.saveResult(id, { ...sampleResult, analysisId: id }, [])
  await analyses.move(id, 'delivered')
}
const caseOf = (analysisId: string, dice: number): ShadowCase => ({
  analysisId,
  comparedAt: clock.now().toISOString(),
  seconds: { active: 2, shadow: 1 },
  regions: [{ region: 'WT', dice, activeMl: 10, shadowMl: 11 }],
  calls: [],
})
/** The candidate computes studies with this overlap; a failure where it is undefined. */
async function compute(candidate: BundleRef, overlaps: Record<string, number | undefined>): Promise<void> {
  const { bundles } = processWith()
  const since = (await bundles.changes()).at(-1)!.at
  for (const [id, dice] of Object.entries(overlaps)) {
    clock.advance(60)
    await deliver(id)
    expect((await bundles.claimCase({ candidate, activeModel: OLD.modelDigest, since }, 60))?.analysisId).toBe(id)
    const failure = { code: 'INFERENCE_FAILED', message: 'ended' }
    const result = dice === undefined ? { ...caseOf(id, 0), regions: [], failure } : caseOf(id, dice)
    await bundles.keepCase(candidate, result)
  }
}

describe('a candidate', () => {
  it('is active by the settings until somebody decides, runs in shadow, is activated within its limits, and is rolled back', async () => {
    const ports = processWith()
    expect(await viewBundles(ports)).toMatchObject({ active: OLD, isBySettings: true, changes: [] })
    await decideOnBundle(ports, { action: 'shadow', bundle: 'new', ...dora })
    await compute(NEW, { a1: 0.9, a2: 0.75, a3: 0.8 })
    const { shadow } = await viewBundles(ports)
    expect(shadow).toMatchObject({ bundle: NEW, count: 3, words })
    expect(shadow!.limits.map(({ isMet }) => isMet)).toEqual([true, true, true, true])
    const after = await decideOnBundle(
      ports,
      { action: 'activate', bundle: NEW.digest, ...dora },
      { identifier: 'P-9', name: 'Dora' },
    )
    expect(after).toMatchObject({ active: NEW, isBySettings: false, previous: OLD })
    expect(after.shadow).toBeUndefined()
    const back = await decideOnBundle(ports, { action: 'rollback', ...dora })
    expect(back).toMatchObject({ active: OLD, isBySettings: true })
    expect(back.changes.map(({ action, by }) => [action, by])).toEqual([
      ['rollback', 'Dora Nine'],
      ['activate', 'Dora Nine'],
      ['shadow', 'Dora Nine'],
    ])
    expect(rows.map(({ what, outcome }) => [what, outcome])).toEqual([
      ['bundle new 1.0.0 (bbbbbbbbbbbb) run in shadow by Dora Nine: because', 'success'],
      ['bundle new 1.0.0 (bbbbbbbbbbbb) activated by Dora Nine: because', 'success'],
      ['bundle old 1.0.0 (aaaaaaaaaaaa) rolled back by Dora Nine: because', 'success'],
    ])
    expect(rows[1]!.user).toEqual({ identifier: 'P-9', name: 'Dora' })
    await expect(decideOnBundle(ports, { action: 'rollback', ...dora })).rejects.toMatchObject({
      code: 'CHANGE_REFUSED',
    })
  })

  it('is refused with every limit that is not met and what was measured, which is audited', async () => {
    const ports = processWith()
    await decideOnBundle(ports, { action: 'shadow', bundle: 'new', ...dora })
    await compute(NEW, { a1: 0.5, a2: undefined })
    const refusal = await decideOnBundle(ports, { action: 'activate', bundle: 'new', ...dora }).catch((error) => error)
    expect(refusal.code).toBe('CHANGE_REFUSED')
    expect(refusal.message).toBe(
      'new 1.0.0 does not meet the limits of its change: Studies computed by both: at least 3; measured 2. ' +
        'Mean Dice against the active bundle, WT: at least 0.8; measured 0.500 of 1. Studies without a result: at most 34 %; measured 50 % of 2',
    )
    expect(rows.at(-1)).toMatchObject({ outcome: 'failure', what: expect.stringContaining('measured 0.500 of 1') })
    expect((await viewBundles(ports)).active).toEqual(OLD)
  })

  it('is refused without a shadow run, by a name of nothing or of several, and where it is the active one', async () => {
    const twins = processWith([...ALL, installedAs({ ...ref('new', 'd'), version: '2.0.0' })])
    const codeOf = (
      ports: DecisionPorts,
      decision: { action: 'shadow' | 'activate' | 'end-shadow'; bundle?: string },
    ) =>
      decideOnBundle(ports, { ...decision, ...dora }).then(
        () => 'done',
        (error) => error.code,
      )
    expect(await codeOf(processWith(), { action: 'activate', bundle: 'new' })).toBe('CHANGE_REFUSED')
    expect(await codeOf(processWith(), { action: 'shadow', bundle: 'newer' })).toBe('NOT_FOUND')
    expect(await codeOf(processWith(), { action: 'shadow', bundle: 'old' })).toBe('CHANGE_REFUSED')
    expect(await codeOf(processWith(), { action: 'shadow' })).toBe('CHANGE_REFUSED')
    expect(await codeOf(processWith(), { action: 'end-shadow' })).toBe('CHANGE_REFUSED')
    expect(await codeOf(twins, { action: 'shadow', bundle: 'new' })).toBe('CHANGE_REFUSED')
    expect(await codeOf(twins, { action: 'shadow', bundle: 'dddddddd' })).toBe('done')
    expect(rows.filter(({ outcome }) => outcome === 'failure')).toHaveLength(6)
  })

  it('without a change control of its own meets the limits of the service, or is not activated', async () => {
    const ports = processWith()
    await decideOnBundle(ports, { action: 'shadow', bundle: 'other', ...dora })
    const { shadow } = await viewBundles(ports)
    expect(shadow!.words).toBeUndefined()
    // The regions of the active bundle, and its heads that make calls.
    expect(shadow!.limits.map(({ limit }) => limit)).toEqual([
      { part: 'protocol', measure: 'cases', atLeast: 30 },
      { part: 'impact', measure: 'dice', region: 'WT', atLeast: 0.8 },
      { part: 'impact', measure: 'changed-calls', head: 'idh', atMost: 0.1 },
      { part: 'impact', measure: 'failures', atMost: 0.05 },
    ])
    await expect(decideOnBundle(ports, { action: 'activate', bundle: 'other', ...dora })).rejects.toMatchObject({
      code: 'CHANGE_REFUSED',
    })
  })

  it('is not judged by limits that were written while it ran, nor by cases beside another model', async () => {
    await decideOnBundle(processWith(), { action: 'shadow', bundle: 'new', ...dora })
    await compute(NEW, { a1: 0.9, a2: 0.9, a3: 0.9 })
    const loosened = processWith([ALL[0]!, installedAs({ ...NEW, digest: 'e'.repeat(64) }, [])])
    await expect(decideOnBundle(loosened, { action: 'activate', bundle: 'new', ...dora })).rejects.toMatchObject({
      code: 'CHANGE_REFUSED',
      message: expect.stringContaining('no longer installed as it was'),
    })
    // Page and list still show it, with a way to end it.
    expect((await viewBundles(loosened)).shadow).toMatchObject({ limits: [], count: 3, problem: expect.any(String) })
    const { bundles } = processWith()
    const since = '2026-11-01T00:00:00.000Z'
    expect(await bundles.cases({ candidate: NEW, activeModel: OTHER.modelDigest, since })).toEqual([])
    expect(await bundles.cases({ candidate: NEW, activeModel: OLD.modelDigest, since })).toHaveLength(3)
  })
})

describe('several processes', () => {
  it('take one decision each at a time, and the one that was late says so', async () => {
    const [one, two] = [createBundleStore(db, clock), createBundleStore(db, clock)]
    const change = { action: 'shadow' as const, bundle: NEW, ...dora }
    const taken = await Promise.all([one.decide(change, 0), two.decide({ ...change, bundle: OTHER }, 0)])
    expect(taken.filter(Boolean)).toHaveLength(1)
    expect(await one.changes()).toEqual(await two.changes())
    const { changeId } = (await two.changes()).at(-1)!
    expect(await two.decide({ action: 'end-shadow', ...dora }, changeId)).toBe(true)
    const late = processWith()
    const behind = { ...late, bundles: { ...late.bundles, changes: async () => [] } }
    await expect(decideOnBundle(behind, { action: 'shadow', bundle: 'new', ...dora })).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
    })
  })

  it('compute each study once, take over from one that died, and leave out what other models made and what came before', async () => {
    await deliver('a1')
    clock.advance(60)
    const since = clock.now().toISOString()
    await deliver('a2')
    clock.advance(60)
    await deliver('a3', OTHER.modelDigest)
    await deliver('a4')
    const [one, two] = [createBundleStore(db, clock), createBundleStore(db, clock)]
    const of = { candidate: NEW, activeModel: OLD.modelDigest, since }
    expect(await one.claimCase(of, 60)).toEqual({ analysisId: 'a2', attempts: 1 })
    expect(await two.claimCase(of, 60)).toEqual({ analysisId: 'a4', attempts: 1 })
    expect(await one.claimCase(of, 60)).toBeUndefined()
    await two.releaseCase(NEW, 'a4', 0, true)
    expect(await one.claimCase(of, 60)).toEqual({ analysisId: 'a4', attempts: 1 })
    await one.keepCase(NEW, caseOf('a4', 0.25))
    // What was stored first stays.
    await two.keepCase(NEW, caseOf('a4', 1))
    clock.advance(61)
    expect(await two.claimCase(of, 60)).toEqual({ analysisId: 'a2', attempts: 2 })
    expect((await two.cases(of)).map(({ analysisId, regions }) => [analysisId, regions[0]!.dice])).toEqual([
      ['a4', 0.25],
    ])
    await createErasureStore(db, clock).erase('a4')
    expect(await one.cases(of)).toEqual([])
  })

  it('see an analysis that waits, in whatever process, but none that is due later or at rest', async () => {
    const analyses = createAnalysisStore(db, clock)
    const bundles = createBundleStore(db, clock)
    await deliver('a1')
    expect(await bundles.isAnalysisDue()).toBe(false)
    const about = { bundleId: 'b', bundleDigest: 'd', modelDigest: 'm', instanceSetDigest: 'i' }
    await analyses.register({ analysisId: 'a2', studyInstanceUid: '1.2.9', ...about })
    expect(await bundles.isAnalysisDue()).toBe(true)
    await analyses.claim('worker', 60)
    await analyses.release('a2', 'worker', 600)
    expect(await bundles.isAnalysisDue()).toBe(false)
  })

  it('refuse to change what was decided', async () => {
    const bundles = createBundleStore(db, clock)
    await bundles.decide({ action: 'shadow', bundle: NEW, ...dora }, 0)
    await expect(db.query("update gliabridge.bundle_changes set by = 'x'")).rejects.toThrow()
    await expect(db.query('delete from gliabridge.bundle_changes')).rejects.toThrow()
  })
})
