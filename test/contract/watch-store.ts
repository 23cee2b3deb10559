// What every WatchStore and AuditTrail must do: run on PGlite in unit tests and on a real PostgreSQL in integration.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditTrail } from '../../src/domain/ports/audit-trail.ts'
import type { WatchDecision, WatchStore } from '../../src/domain/ports/watch-store.ts'
import { createAuditTrail } from '../../src/store/audit.ts'
import type { Database } from '../../src/store/database.ts'
import { createWatchStore } from '../../src/store/watch.ts'
import { createManualClock } from '../support/manual-clock.ts'

export function watchStoreContract(name: string, open: () => Promise<Database>) {
  describe(`WatchStore and AuditTrail on ${name}`, () => {
    let db: Database
    let watch: WatchStore
    let audit: AuditTrail
    const clock = createManualClock()

    beforeAll(async () => {
      db = await open()
      watch = createWatchStore(db, clock)
      audit = createAuditTrail(db, clock)
    })
    afterAll(() => db?.close())

    it('remembers the cursor of each trigger', async () => {
      expect(await watch.cursor('qido')).toBeUndefined()
      await watch.setCursor('qido', '20260301')
      await watch.setCursor('ups', 'x')
      await watch.setCursor('qido', '20260302')
      expect(await watch.cursor('qido')).toBe('20260302')
      expect(await watch.cursor('ups')).toBe('x')
    })

    it('has a study undecided until its present set is decided upon', async () => {
      const seen = {
        studyInstanceUid: '1.2.3',
        instanceSetDigest: 'aa',
        instanceCount: 3,
        firstSeenAt: '2026-03-01T03:00:00.000Z',
        changedAt: '2026-03-01T03:00:00.000Z',
      }
      await watch.put(seen)
      expect(await watch.get('1.2.3')).toEqual(seen)
      expect(await watch.undecided()).toEqual([seen])
      const decided = { ...seen, decidedDigest: 'aa', decision: { outcome: 'accepted' as const } }
      await watch.put(decided)
      expect(await watch.get('1.2.3')).toEqual(decided)
      expect(await watch.undecided()).toEqual([])
      const grown = { ...decided, instanceSetDigest: 'bb', instanceCount: 4, changedAt: '2026-03-01T03:05:00.000Z' }
      await watch.put(grown)
      expect(await watch.undecided()).toEqual([grown])
      expect(await watch.get('none')).toBeUndefined()
    })

    it('lists what was looked at and not taken, or cannot be looked at, latest first', async () => {
      const study = (uid: string, minute: string, decision?: WatchDecision) =>
        watch.put({
          studyInstanceUid: uid,
          instanceSetDigest: 'aa',
          instanceCount: 3,
          firstSeenAt: '2026-03-01T03:00:00.000Z',
          changedAt: `2026-03-01T03:${minute}:00.000Z`,
          ...(decision !== undefined && { decidedDigest: 'aa', decision }),
        })
      await study('1.7.1', '01', { outcome: 'declined', reason: 'not a study of the head: body part KNEE' })
      await study('1.7.2', '02', { outcome: 'accepted' })
      await study('1.7.3', '03', { outcome: 'waiting', reason: 'the archive gives no full metadata' })
      await study('1.7.4', '04')
      const uids = async (limit: number, offset: number) => {
        const { studies, count } = await watch.notAnalysed({ limit, offset })
        return [count, studies.map(({ studyInstanceUid }) => studyInstanceUid)]
      }
      expect(await uids(10, 0)).toEqual([2, ['1.7.3', '1.7.1']])
      expect(await uids(1, 1)).toEqual([2, ['1.7.1']])
    })

    it('goes by the outcome alone, whatever the reason says', async () => {
      const texts = fc.oneof(fc.string(), fc.constantFrom('left: ', 'waiting: x', 'accepted', "'; drop", '$1', '%'))
      const outcomes = fc.constantFrom('accepted', 'declined', 'waiting')
      await fc.assert(
        fc.asyncProperty(outcomes, texts, async (outcome, text) => {
          const reason = text.replaceAll('\0', '')
          const seen = { studyInstanceUid: '1.8.1', instanceSetDigest: 'aa', instanceCount: 3 }
          const at = '2026-03-01T03:09:00.000Z'
          await watch.put({
            ...seen,
            firstSeenAt: at,
            changedAt: at,
            decidedDigest: 'aa',
            decision: { outcome, reason },
          })
          expect((await watch.get('1.8.1'))?.decision).toEqual({ outcome, reason })
          const { studies } = await watch.notAnalysed({ limit: 50, offset: 0 })
          expect(studies.some(({ studyInstanceUid }) => studyInstanceUid === '1.8.1')).toBe(outcome !== 'accepted')
        }),
        { numRuns: 25 },
      )
    })

    it('knows the instances we wrote', async () => {
      await watch.addOwn(['2.25.1', '2.25.2', '2.25.1'])
      await watch.addOwn(['2.25.2', '2.25.3'])
      await watch.addOwn([])
      expect(await watch.isOwn(['2.25.3', '2.25.4', '2.25.1'])).toEqual(new Set(['2.25.1', '2.25.3']))
      expect(await watch.isOwn([])).toEqual(new Set())
    })

    it('adds to the audit trail, which cannot be rewritten', async () => {
      await audit.record({
        action: 'read',
        target: 'pacs',
        studyInstanceUid: '1.2.3',
        what: 'metadata',
        outcome: 'success',
      })
      await audit.record({
        action: 'write',
        target: 'ehr',
        studyInstanceUid: '1.2.3',
        what: 'results',
        outcome: 'failure',
      })
      const rows = () => db.query('select action, target, what, outcome from gliabridge.audit order by audit_id')
      const before = await rows()
      expect(before).toEqual([
        { action: 'read', target: 'pacs', what: 'metadata', outcome: 'success' },
        { action: 'write', target: 'ehr', what: 'results', outcome: 'failure' },
      ])
      await expect(db.query(`update gliabridge.audit set outcome = 'success'`)).rejects.toThrow('23001')
      await expect(db.query('delete from gliabridge.audit')).rejects.toThrow('23001')
      expect(await rows()).toEqual(before)
    })
  })
}
