// The PDF of each review, and the labels of outlines that it redrew: kept once, never changed, the sha256 checked again when they are read.
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import type { Database, Queryable } from './database.ts'

/** Base64 since PGlite's own bytea is ten times slower. */
const load = (table: string) =>
  `select encode(bytes, 'base64') as base64, sha256 from gliabridge.${table} where review_id = $1`
const keep = (table: string) => `insert into gliabridge.${table} (review_id, bytes, sha256, created_at)
  values ($1, decode($2, 'base64'), $3, $4) on conflict (review_id) do nothing`
const [deflate, inflate] = [promisify(deflateRaw), promisify(inflateRaw)]

export function createReviewDocuments(
  db: Database,
  clock: Clock,
): Pick<ReviewStore, 'document' | 'keepDocument' | 'labels'> {
  const document = (reviewId: string) => read(db, 'review_documents', reviewId)
  return {
    document,
    async keepDocument(reviewId, pdf) {
      await write(db, 'review_documents', reviewId, pdf, clock.now().toISOString())
      return (await document(reviewId))!
    },
    async labels(reviewId) {
      const packed = await read(db, 'review_labels', reviewId)
      return packed && new Uint8Array(await inflate(packed))
    },
  }
}

/** In the transaction of the review. */
export async function keepLabels(tx: Queryable, reviewId: string, labels: Uint8Array, at: string): Promise<void> {
  await write(tx, 'review_labels', reviewId, await deflate(labels), at)
}

async function read(db: Queryable, table: string, reviewId: string): Promise<Uint8Array | undefined> {
  const [row] = await db.query<{ base64: string; sha256: string }>(load(table), [reviewId])
  if (!row) return undefined
  const bytes = new Uint8Array(Buffer.from(row.base64, 'base64'))
  if (digest(bytes) !== row.sha256)
    throw new AppError('INTERNAL', `${table.replace('_', ' ')}: those of ${reviewId} are damaged in the database`)
  return bytes
}

async function write(db: Queryable, table: string, reviewId: string, bytes: Uint8Array, at: string): Promise<void> {
  await db.query(keep(table), [reviewId, Buffer.from(bytes).toString('base64'), digest(bytes), at])
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
