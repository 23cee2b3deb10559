// Statements on what is stored as bytes: artefacts of analyses, PDFs and labels of reviews. Base64, since PGlite's own bytea is ten times slower.
import type { NamedQuery } from './named-query.ts'

const load = (table: string) => ({
  sql: `select encode(bytes, 'base64') as base64, sha256 from gliabridge.${table} where review_id = $1`,
  index: `${table}_pkey`,
})
const keep = (table: string) => ({
  sql: `insert into gliabridge.${table} (review_id, bytes, sha256, created_at)
    values ($1, decode($2, 'base64'), $3, $4) on conflict (review_id) do nothing`,
  index: `${table}_pkey`,
})

export const BYTES_QUERIES = {
  /** $1 analysis, $2 role or null for all */
  loadArtifacts: {
    sql: `select role, media_type, encode(bytes, 'base64') as base64, sha256, sop_instance_uid, series_instance_uid, sop_class_uid
      from gliabridge.artifacts where analysis_id = $1 and ($2::text is null or role = $2) order by role`,
    index: 'artifacts_pkey',
  },
  /** $1 analysis */
  artifactRoles: {
    sql: 'select role from gliabridge.artifacts where analysis_id = $1',
    index: 'artifacts_pkey',
  },
  /** $1 analysis, $2 role, $3 media type, $4 base64, $5 sha256, $6 to $8 instance, series, class. A repeated analysis has the same result. */
  saveArtifact: {
    sql: `insert into gliabridge.artifacts
        (analysis_id, role, media_type, bytes, sha256, sop_instance_uid, series_instance_uid, sop_class_uid)
      values ($1, $2, $3, decode($4, 'base64'), $5, $6, $7, $8)
      on conflict (analysis_id, role) do update set media_type = excluded.media_type, bytes = excluded.bytes, sha256 = excluded.sha256,
        sop_instance_uid = excluded.sop_instance_uid, series_instance_uid = excluded.series_instance_uid, sop_class_uid = excluded.sop_class_uid`,
    index: 'artifacts_pkey',
  },
  /** $1 analysis, $2 roles that stay */
  dropOtherArtifacts: {
    sql: 'delete from gliabridge.artifacts where analysis_id = $1 and not role = any($2::text[])',
    index: 'artifacts_pkey',
  },
  /** $1 review */
  loadReviewDocument: load('review_documents'),
  loadReviewLabels: load('review_labels'),
  /** $1 review, $2 base64, $3 sha256, $4 now; an existing one stays */
  keepReviewDocument: keep('review_documents'),
  keepReviewLabels: keep('review_labels'),
} satisfies Record<string, NamedQuery>
