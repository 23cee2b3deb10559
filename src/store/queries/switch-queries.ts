// The statements for turning heads off and on, by name, each with the index that serves it.
import type { NamedQuery } from './named-query.ts'

export const SWITCH_QUERIES = {
  /** $1 head, $2 the moment, or null for now */
  lastSwitch: {
    sql: `select head, at, state, reason from gliabridge.head_switches
      where head = $1 and ($2::timestamptz is null or at <= $2::timestamptz) order by switch_id desc limit 1`,
    index: 'head_switches_of',
  },
  /** Until the transaction ends, nobody else can turn a head on or off. */
  lockSwitches: {
    sql: `select pg_advisory_xact_lock(hashtext('gliabridge.head_switches'))`,
  },
  /** $1 head, $2 now, $3 state, $4 who, $5 reason */
  addSwitch: {
    sql: 'insert into gliabridge.head_switches (head, at, state, by, reason) values ($1, $2, $3, $4, $5)',
  },
  /** $1 since; analyses that came to rest, and how many of these are held for a person */
  restedSince: {
    sql: `select count(*)::int as rested, count(*) filter (where state = 'held')::int as held from gliabridge.analyses
      where created_at >= $1::timestamptz and state in ('delivered', 'held')`,
    wholeTable: 'counts up to years of analyses, once an hour for a rule on holds',
  },
} satisfies Record<string, NamedQuery>
