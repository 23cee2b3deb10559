// The PDF of each review: kept once, never changed, its sha256 checked again when it is read.
import { createHash } from 'node:crypto'
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import type { Database } from './database.ts'

/** Base64 since PGlite's own bytea is ten times slower. */
const LOAD = `select encode(bytes, 'base64') as base64, sha256 from gliabridge.review_documents where review_id = $1`
const KEEP = `insert into gliabridge.review_documents (review_id, bytes, sha256, created_at)
  values ($1, decode($2, 'base64'), $3, $4) on conflict (review_id) do nothing`

export function createReviewDocuments(db: Database, clock: Clock): Pick<ReviewStore, 'document' | 'keepDocument'> {
  const document = async (reviewId: string): Promise<Uint8Array | undefined> => {
    const [row] = await db.query<{ base64: string; sha256: string }>(LOAD, [reviewId])
    if (!row) return undefined
    const bytes = new Uint8Array(Buffer.from(row.base64, 'base64'))
    if (digest(bytes) !== row.sha256)
      throw new AppError('INTERNAL', `the PDF of review ${reviewId} is damaged in the database`)
    return bytes
  }
  return {
    document,
    async keepDocument(reviewId, pdf) {
      const base64 = Buffer.from(pdf).toString('base64')
      await db.query(KEEP, [reviewId, base64, digest(pdf), clock.now().toISOString()])
      return (await document(reviewId))!
    },
  }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
