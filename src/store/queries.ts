// Every statement of the store by name, with the index that serves it or why it needs none; test/store/plans.test.ts checks the plans.
import { ACCESS_QUERIES } from './queries/access-queries.ts'
import { ANALYSIS_QUERIES } from './queries/analysis-queries.ts'
import { AUDIT_QUERIES } from './queries/audit-queries.ts'
import { BUNDLE_QUERIES } from './queries/bundle-queries.ts'
import { BYTES_QUERIES } from './queries/bytes-queries.ts'
import { CLAIM_QUERIES } from './queries/claim-queries.ts'
import { CONCORDANCE_QUERIES } from './queries/concordance-queries.ts'
import { ERASURE_QUERIES } from './queries/erasure-queries.ts'
import { FIGURE_QUERIES } from './queries/figure-queries.ts'
import { HINT_QUERIES } from './queries/hint-queries.ts'
import { LEASE_QUERIES } from './queries/lease-queries.ts'
import { LEDGER_QUERIES } from './queries/ledger-queries.ts'
import { LIST_QUERIES } from './queries/list-queries.ts'
import { NOTICE_QUERIES } from './queries/notice-queries.ts'
import { REVIEW_QUERIES } from './queries/review-queries.ts'
import { SCHEMA_QUERIES } from './queries/schema-queries.ts'
import { SWITCH_QUERIES } from './queries/switch-queries.ts'
import { WATCH_QUERIES } from './queries/watch-queries.ts'

export const QUERIES = {
  ...ANALYSIS_QUERIES,
  ...LEASE_QUERIES,
  ...BYTES_QUERIES,
  ...REVIEW_QUERIES,
  ...CLAIM_QUERIES,
  ...WATCH_QUERIES,
  ...LEDGER_QUERIES,
  ...HINT_QUERIES,
  ...ACCESS_QUERIES,
  ...NOTICE_QUERIES,
  ...CONCORDANCE_QUERIES,
  ...SWITCH_QUERIES,
  ...BUNDLE_QUERIES,
  ...SCHEMA_QUERIES,
  ...LIST_QUERIES,
  ...FIGURE_QUERIES,
  ...ERASURE_QUERIES,
  ...AUDIT_QUERIES,
}
