// What each statement of the store says of itself; test/store/plans.test.ts holds the plans to it.

/**
 * A statement of SQL with either the index that serves it, however large the table grows, or the reason why it reads a whole table.
 * Neither where it reads none: it only adds rows, or asks the server.
 */
export type NamedQuery =
  | { sql: string; index: string; wholeTable?: never }
  | { sql: string; wholeTable: string; index?: never }
  | { sql: string; index?: never; wholeTable?: never }
