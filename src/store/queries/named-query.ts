// What each statement of the store says of itself; test/store/plans.test.ts holds the plans to it.

export interface NamedQuery {
  sql: string
  /** The index that the plan must use, however large the table grows; none where a statement only adds a row that it does not look for. */
  index?: string
}
