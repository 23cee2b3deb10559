// What each statement of the store declares; test/store/plans.test.ts checks the plans against it.

/**
 * An SQL statement with either the index that serves it, however large the table grows, or the reason why it reads a whole
 * table. Neither if it reads none: it only adds rows, or queries the server itself.
 */
export type NamedQuery =
  | { sql: string; index: string; wholeTable?: never }
  | { sql: string; wholeTable: string; index?: never }
  | { sql: string; index?: never; wholeTable?: never }
