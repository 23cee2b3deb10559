// What the audit trail must do on every database: one chain for all writers, and a verdict that names what was tampered with.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import { type AuditStore, createAuditTrail } from '../../src/store/audit.ts'
import type { Database } from '../../src/store/database.ts'
import { createManualClock } from '../support/manual-clock.ts'

const entry = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  action: n % 2 === 0 ? 'read' : 'write',
  target: n % 3 === 0 ? 'ehr' : 'pacs',
  studyInstanceUid: `1.2.${n}`,
  what: `thing ${n} ü`,
  outcome: n === 4 ? 'failure' : 'success',
  ...more,
})

export function auditTrailContract(name: string, open: () => Promise<Database>) {
  describe(`the audit trail on ${name}`, () => {
    let db: Database
    let audit: AuditStore
    const clock = createManualClock()
    beforeAll(async () => {
      db = await open()
      audit = createAuditTrail(db, clock, 'host-1')
    })
    afterAll(() => db?.close())
    beforeEach(async () => {
      await db.transaction((tx) => tx.script('truncate gliabridge.audit restart identity'))
      await db.query('update gliabridge.audit_head set position = 0, digest = gliabridge.audit_before_chain()')
    })

    const fill = async (count: number) => {
      for (let n = 1; n <= count; n += 1) await audit.record(entry(n))
    }
    /** As a person with all rights on the database. */
    const tamper = (sql: string) =>
      db.transaction(async (tx) => {
        await tx.script(`alter table gliabridge.audit disable trigger append_only; ${sql};
          alter table gliabridge.audit enable trigger append_only`)
      })
    const problems = async () => (await audit.verify()).problems

    it('is whole when empty and when filled, and can be computed by hand', async () => {
      expect(await audit.verify()).toMatchObject({ rows: 0, head: { position: 0 }, problems: [] })
      await fill(3)
      const verdict = await audit.verify()
      expect(verdict).toMatchObject({ rows: 3, problems: [], head: { position: 3 } })
      const [row] = await db.query<{ previous: string; content: string }>(
        'select previous, content from gliabridge.audit where position = 3',
      )
      expect(JSON.parse(row!.content)).toEqual({
        ...entry(3),
        position: 3,
        at: clock.now().toISOString(),
        host: 'host-1',
      })
      expect(verdict.head.digest).toBe(createHash('sha256').update(`${row!.previous}\n${row!.content}`).digest('hex'))
    })

    it('gives writers at the same time one place each', async () => {
      await Promise.all(Array.from({ length: 12 }, (_, n) => audit.record(entry(n))))
      expect(await audit.verify()).toMatchObject({ rows: 12, problems: [], head: { position: 12 } })
    })

    it.each([
      ['content', `update gliabridge.audit set content = replace(content, 'thing 3', 'thing 9') where position = 3`],
      ['a column', `update gliabridge.audit set outcome = 'success' where position = 4`, 4],
      ['the time', `update gliabridge.audit set at = at + interval '1 second' where position = 2`, 2],
      [
        'content with its digest',
        `update gliabridge.audit set what = 'x', content = replace(content, 'thing 3 ü', 'x'),
           digest = encode(sha256(convert_to(previous || E'\\n' || replace(content, 'thing 3 ü', 'x'), 'UTF8')), 'hex') where position = 3`,
        'next',
      ],
    ])('names the row whose %s was changed', async (_what, sql, where: number | string = 3) => {
      await fill(5)
      await tamper(sql)
      const found = await problems()
      expect(found).toHaveLength(1)
      // A row that was changed with its digest is right in itself; the next one no longer continues it.
      if (where === 'next')
        expect(found[0]).toMatchObject({ kind: 'inserted', where: expect.stringMatching(/^row 4 .* row 3$/) })
      else expect(found[0]).toMatchObject({ kind: 'changed', where: expect.stringMatching(`^row ${where} `) })
    })

    it('names rows that were deleted, in the middle and at the end', async () => {
      await fill(6)
      await tamper('delete from gliabridge.audit where position in (2, 3)')
      expect(await problems()).toEqual([{ kind: 'deleted', where: 'rows 2 to 3' }])
      await tamper('delete from gliabridge.audit where position = 6')
      expect(await problems()).toEqual([
        { kind: 'deleted', where: 'rows 2 to 3' },
        { kind: 'deleted', where: 'rows 6 to 6, the last ones' },
      ])
    })

    it('names rows that were inserted: without a place, after the end, and in the place of another', async () => {
      await fill(3)
      const columns = 'at, action, target, study_instance_uid, what, outcome'
      await tamper(
        `insert into gliabridge.audit (${columns}) select ${columns} from gliabridge.audit where position = 1`,
      )
      expect(await problems()).toMatchObject([{ kind: 'inserted', where: expect.stringContaining('without a place') }])
      await tamper('delete from gliabridge.audit where position is null')
      await tamper(`insert into gliabridge.audit (${columns}, position, content, previous, digest)
        select ${columns}, 4, content, digest, digest from gliabridge.audit where position = 3`)
      expect(await problems()).toMatchObject([
        { kind: 'changed', where: expect.stringMatching(/^row 4 /) },
        { kind: 'inserted', where: 'rows 4 to 4, after the last one' },
      ])
    })

    it('finds a chain that was made anew, against a head that was noted down', async () => {
      await fill(3)
      const { head } = await audit.verify()
      expect((await audit.verify(head)).problems).toEqual([])
      await fill(2)
      expect((await audit.verify(head)).problems).toEqual([])
      expect((await audit.verify({ ...head, digest: 'f'.repeat(64) })).problems).toHaveLength(1)
      expect((await audit.verify({ position: 99, digest: head.digest })).problems).toHaveLength(1)
    })

    it('gives the rows of a period, with what the record knows of the patient', async () => {
      await audit.record(entry(1))
      clock.advance(86_400)
      await audit.record(entry(2))
      clock.advance(86_400)
      await audit.record(entry(3, { patient: 'Patient/1', objects: ['Observation/2'] }))
      await db.query(
        `insert into gliabridge.analyses (analysis_id, study_instance_uid, bundle_id, bundle_digest, instance_set_digest, state,
           created_at, updated_at, due_at, summary) values ('a', '1.2.2', 'b', 'd', 's', 'queued', now(), now(), now(), $1::jsonb)`,
        [JSON.stringify({ patient: { patientId: 'MRN-7' } })],
      )
      const all = await collect(audit.rows({}))
      expect(all.map((row) => row.what)).toEqual(['thing 1 ü', 'thing 2 ü', 'thing 3 ü'])
      expect(all[2]).toMatchObject({ patient: 'Patient/1', objects: ['Observation/2'], position: 3 })
      const day = (n: number) => all[n]!.at
      const middle = await collect(audit.rows({ from: day(1), to: day(2) }))
      expect(middle.map((row) => [row.what, row.identity?.patientId])).toEqual([['thing 2 ü', 'MRN-7']])
    })

    it('names a row that is damaged instead of giving away what is left of it', async () => {
      await fill(3)
      await tamper(`update gliabridge.audit set content = left(content, 40) where position = 2`)
      const given: string[] = []
      const read = async () => {
        for await (const row of audit.rows({})) given.push(row.what)
      }
      await expect(read()).rejects.toMatchObject({
        code: 'INTERNAL',
        message: 'row 2 of the audit trail is damaged; "gliabridge audit verify" lists all rows that are',
      })
      expect(given).toEqual(['thing 1 ü'])
      expect(await problems()).toMatchObject([{ kind: 'changed', where: expect.stringMatching(/^row 2 /) }])
    })

    it('begins with the rows of before the chain', async () => {
      const digest = () => db.query<{ d: string }>('select gliabridge.audit_before_chain() as d')
      await tamper(`insert into gliabridge.audit (at, action, target, study_instance_uid, what, outcome)
        values ('2026-01-01T00:00:00Z', 'read', 'pacs', '1.9', 'old', 'success')`)
      await db.query('update gliabridge.audit_head set digest = $1', [(await digest())[0]!.d])
      await fill(2)
      expect(await problems()).toEqual([])
      await tamper(`update gliabridge.audit set what = 'new' where what = 'old'`)
      expect(await problems()).toEqual([{ kind: 'changed', where: 'a row from before the chain' }])
    })
  })
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}
