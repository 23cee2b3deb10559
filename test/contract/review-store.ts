// What the store of reviews must do on every database: one winner, deliveries in order, nothing claimed twice, nothing lost.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnalysisStore } from '../../src/domain/ports/analysis-store.ts'
import type { Clock } from '../../src/domain/ports/clock.ts'
import type { ReviewStore } from '../../src/domain/ports/review-store.ts'
import { createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { createReviewStore } from '../../src/store/reviews.ts'
import { createManualClock } from '../support/manual-clock.ts'

const reviewer = { identifier: 'P-77', name: 'Dr Nine' }

/** `open`: a database whose clock is `clock`. */
export function reviewStoreContract(name: string, open: (clock: Clock) => Promise<Database>) {
  describe(`ReviewStore on ${name}`, () => {
    let db: Database
    let reviews: ReviewStore
    let analyses: AnalysisStore
    const clock = createManualClock()
    beforeAll(async () => {
      db = await open(clock)
      reviews = createReviewStore(db, clock)
      analyses = createAnalysisStore(db, clock)
      for (const analysisId of ['a', 'b'])
        await analyses.register({
          analysisId,
          studyInstanceUid: `1.2.${analysisId}`,
          bundleId: 't',
          bundleDigest: 'd',
          instanceSetDigest: analysisId,
        })
    })
    afterAll(() => db?.close())
    const accept = (analysisId: string, expected: number, key = `key-${expected}`) =>
      reviews.add({ analysisId, decision: 'accept', reviewer, edits: [] }, { key, expected })

    it('lets one of several who saw the same version decide, and a repetition too', async () => {
      const all = await Promise.allSettled([1, 2, 3, 4].map((n) => accept('a', 0, `key-of-${n}`)))
      const won = all.filter((one) => one.status === 'fulfilled')
      expect(won).toHaveLength(1)
      expect(all.filter((one) => one.status === 'rejected' && one.reason.code === 'STATE_CONFLICT')).toHaveLength(3)
      const same = await Promise.all([1, 2, 3].map(() => accept('b', 0)))
      expect(same.map(({ created }) => created).sort()).toEqual([false, false, true])
      expect(new Set(same.map(({ review }) => review.reviewId)).size).toBe(1)
      expect(await reviews.list('a')).toHaveLength(1)
      expect(await reviews.list('b')).toHaveLength(1)
      await expect(accept('none', 0)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('gives each delivery to one, again after its claim has run out, and the later review after the earlier', async () => {
      await accept('a', 1)
      const claimed = (await Promise.all([1, 2, 3, 4, 5].map(() => reviews.claim(60)))).flatMap((one) => one ?? [])
      const names = claimed.map(({ review, delivery }) => `${review.analysisId}${review.number} ${delivery.leg}`)
      expect(names.sort()).toEqual(['a1 ehr', 'a1 pacs', 'b1 ehr', 'b1 pacs'])
      expect(await reviews.claim(60)).toBeUndefined()
      clock.advance(61)
      const [first] = await reviews.list('a')
      await reviews.update(first!.reviewId, 'ehr', { state: 'done', attempts: 1, receipt: { diagnosticReport: 'X/1' } })
      const later = []
      for (let n = 0; n < 4; n += 1) later.push(await reviews.claim(60))
      expect(
        later.map((one) => one && `${one.review.analysisId}${one.review.number} ${one.delivery.leg}`).sort(),
      ).toEqual(['a1 pacs', 'a2 ehr', 'b1 ehr', 'b1 pacs'])
    })

    it('keeps why a delivery failed, when it is due again, and takes it up when asked', async () => {
      const [review] = await reviews.list('b')
      const at = clock.now().toISOString()
      const lastError = { code: 'EHR_REJECTED' as const, message: 'no', at }
      await reviews.update(review!.reviewId, 'ehr', { state: 'failed', attempts: 3, lastError })
      await reviews.update(review!.reviewId, 'pacs', { state: 'waiting', attempts: 1, lastError, afterSeconds: 3600 })
      expect(await reviews.claim(60)).toBeUndefined()
      expect((await reviews.list('b'))[0]!.deliveries).toMatchObject([
        { leg: 'pacs', state: 'waiting', attempts: 1 },
        { leg: 'ehr', state: 'failed', attempts: 3, lastError },
      ])
      expect(await reviews.makeDue('b')).toBe(2)
      expect((await reviews.claim(60))?.delivery).toMatchObject({ leg: 'ehr', state: 'waiting', attempts: 0 })
      expect((await reviews.claim(60))?.delivery).toMatchObject({ leg: 'pacs', attempts: 1 })
      expect((await analyses.events('b')).filter(({ kind }) => kind === 'review').map(({ text }) => text)).toEqual([
        'accept by Dr Nine (P-77)',
        'review, ehr: EHR_REJECTED: no',
        'review, pacs: EHR_REJECTED: no',
      ])
    })
  })
}
