// The PDF of each review, and the labels of outlines it redrew: stored once, never changed, with the sha256 checked when they are read.
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import { sha256Of } from '../domain/digest.ts'
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import type { Database, Queryable } from './database.ts'
import type { NamedQuery } from './queries/named-query.ts'
import { QUERIES } from './queries.ts'

const [deflate, inflate] = [promisify(deflateRaw), promisify(inflateRaw)]

export function createReviewDocuments(
  db: Database,
  clock: Clock,
): Pick<ReviewStore, 'document' | 'keepDocument' | 'labels'> {
  const document = (reviewId: string) => read(db, QUERIES.loadReviewDocument, reviewId)
  return {
    document,
    async keepDocument(reviewId, pdf) {
      await keep(db, QUERIES.keepReviewDocument, reviewId, pdf, clock.now().toISOString())
      return (await document(reviewId))!
    },
    async labels(reviewId) {
      const packed = await read(db, QUERIES.loadReviewLabels, reviewId)
      return packed && new Uint8Array(await inflate(packed))
    },
  }
}

/** Within the review's transaction. */
export async function keepLabels(tx: Queryable, reviewId: string, labels: Uint8Array, at: string): Promise<void> {
  await keep(tx, QUERIES.keepReviewLabels, reviewId, await deflate(labels), at)
}

async function read(db: Queryable, load: NamedQuery, reviewId: string): Promise<Uint8Array | undefined> {
  const [row] = await db.query<{ base64: string; sha256: string }>(load.sql, [reviewId])
  if (!row) return undefined
  const bytes = new Uint8Array(Buffer.from(row.base64, 'base64'))
  if (sha256Of(bytes) !== row.sha256)
    throw new AppError('INTERNAL', `the PDF or the labels of review ${reviewId} are damaged in the database`)
  return bytes
}

async function keep(
  db: Queryable,
  { sql }: NamedQuery,
  reviewId: string,
  bytes: Uint8Array,
  at: string,
): Promise<void> {
  await db.query(sql, [reviewId, Buffer.from(bytes).toString('base64'), sha256Of(bytes), at])
}
