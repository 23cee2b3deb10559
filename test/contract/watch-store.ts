// What every WatchStore and AuditTrail must do: run on PGlite in unit tests and on a real PostgreSQL in integration.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditTrail } from '../../src/domain/ports/audit-trail.ts'
import type { WatchStore } from '../../src/domain/ports/watch-store.ts'
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
      const decided = { ...seen, decidedDigest: 'aa', decision: 'analysed' }
      await watch.put(decided)
      expect(await watch.get('1.2.3')).toEqual(decided)
      expect(await watch.undecided()).toEqual([])
      const grown = { ...decided, instanceSetDigest: 'bb', instanceCount: 4, changedAt: '2026-03-01T03:05:00.000Z' }
      await watch.put(grown)
      expect(await watch.undecided()).toEqual([grown])
      expect(await watch.get('none')).toBeUndefined()
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
