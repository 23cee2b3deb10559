// The step that keeps images for the pages: what the spool is given, the earlier study laid over the present one, and a failure that fails nothing.
import { expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { ImagesToKeep } from '../../src/domain/ports/image-spool.ts'
import { keepImages } from '../../src/pipeline/keep-images.ts'
import { COARSE, syntheticCase } from '../support/result.ts'

const { result, segmentation, images } = syntheticCase(COARSE)
const input = { result: { ...result, segmentation }, images, earlier: undefined }

it('gives the spool images, labels with their colours, and the earlier study on the same grid', async () => {
  const given: ImagesToKeep[] = []
  const events: unknown[] = []
  const earlier = {
    analysisId: 'a-earlier',
    studyDate: '20251101',
    onGrid: async (grid: typeof COARSE) => {
      expect(grid).toBe(segmentation.grid)
      return { images: images.slice(0, 1), labels: segmentation }
    },
  }
  await keepImages(
    {
      spool: { keep: async (_, kept) => void given.push(kept) },
      analyses: { note: async (_, event) => void events.push(event) },
    },
    { ...input, earlier: earlier as never },
  )
  expect(given[0]).toMatchObject({ labels: segmentation, prior: { analysisId: 'a-earlier', studyDate: '20251101' } })
  expect(given[0]!.images.map(({ sequence }) => sequence)).toEqual(['T1', 'T1c', 'T2', 'FLAIR'])
  expect(new Set(given[0]!.segments.map(({ colour }) => colour)).size).toBe(3)
  expect(events).toEqual([])
})

it('says in the history that images could not be kept, and lets what nobody foresaw through', async () => {
  const events: { text: string }[] = []
  const analyses = { note: async (_: string, event: { text: string }) => void events.push(event) }
  const failing = (error: Error) => ({ spool: { keep: async () => Promise.reject(error) }, analyses })
  await keepImages(failing(new AppError('SPOOL_UNWRITABLE', 'the images could not be kept (ENOSPC)')), input)
  expect(events.map(({ text }) => text)).toEqual(['SPOOL_UNWRITABLE: the images could not be kept (ENOSPC)'])
  await expect(keepImages(failing(new TypeError('a fault')), input)).rejects.toMatchObject({ code: 'INTERNAL' })
})
