// Which heads are off: the last row of each decides; turned off and on under a lock, so that several processes do it only once.
import { HEADS, type Head } from '../domain/finding.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { HeadSwitches } from '../domain/ports/head-switches.ts'
import type { Database, Queryable } from './database.ts'
import { QUERIES } from './queries.ts'

interface SwitchRow {
  head: Head
  at: Date
  state: 'on' | 'off'
  reason: string
}

export function createHeadSwitches(db: Database, clock: Clock): HeadSwitches {
  const last = async (on: Queryable, head: Head, at?: string) =>
    (await on.query<SwitchRow>(QUERIES.lastSwitch.sql, [head, at ?? null]))[0]
  return {
    async stopped(at) {
      const rows = await Promise.all(HEADS.map((head) => last(db, head, at)))
      return rows.flatMap((row) =>
        row?.state === 'off' ? [{ head: row.head, at: row.at.toISOString(), reason: row.reason }] : [],
      )
    },
    async turnedOn(head) {
      const row = await last(db, head)
      return row?.state === 'on' ? row.at.toISOString() : undefined
    },
    turn: (head, to, by, reason) =>
      db.transaction(async (tx) => {
        await tx.query(QUERIES.lockSwitches.sql)
        if (((await last(tx, head))?.state ?? 'on') === to) return false
        await tx.query(QUERIES.addSwitch.sql, [head, clock.now().toISOString(), to, by, reason])
        return true
      }),
  }
}
