// A study of two small series with the results of an analysis on them, encoded as the service encodes them, and an archive for both.
import { startDemoArchive } from '../../demo/archive/archive-server.ts'
import { planSeries } from '../../src/dicom/series-volume.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { AnalysisResult } from '../../src/domain/finding.ts'
import type { Artifact } from '../../src/domain/ports/analysis-store.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import { IDENTITY } from '../../src/inference/volumes/rigid.ts'
import { type EncodeInput, encodeResults } from '../../src/pipeline/encode/encode.ts'
import { classicSeries, STUDY_UID } from '../dicom/support.ts'
import { letterheadOf } from './letterhead.ts'
import { NOTHING_MORE, network } from './network-output.ts'
import { quietLog } from './quiet-log.ts'

type ClassicSeries = Awaited<ReturnType<typeof classicSeries>>

export interface TwoSeries {
  reference: ClassicSeries
  other: ClassicSeries
}

export async function twoSeries(): Promise<TwoSeries> {
  return { reference: await classicSeries({ seriesKey: 'a' }), other: await classicSeries({ seriesKey: 'b' }) }
}

/** The demo's archive on a port of its own, and the service's client of it. */
export async function startArchive(): Promise<{ archive: ImageArchive; close(): Promise<void> }> {
  const server = await startDemoArchive()
  const archive = createDicomWebClient({ url: server.url, auth: { type: 'none' }, timeoutMs: 20_000, log: quietLog })
  return { archive, close: async () => void (await server.close()) }
}

export async function storeImages(
  archive: Pick<ImageArchive, 'store'>,
  { reference, other }: TwoSeries,
): Promise<void> {
  const images = [reference, other].flatMap(({ files, series }) =>
    files.map((bytes, n) => ({ sopInstanceUid: series.instances[n]!.sopInstanceUid, bytes })),
  )
  await archive.store(STUDY_UID, images)
}

/** Everything that is stored of the result, whose segmentation lies on the reference; `change` replaces parts of what is encoded. */
export function encodeStudy(
  { reference, other }: TwoSeries,
  result: AnalysisResult,
  change: Partial<EncodeInput> = {},
): Promise<Artifact[]> {
  return encodeResults({
    result,
    images: [],
    reference: { series: reference.series, plan: planSeries(reference.series) },
    others: [
      {
        sequence: 'FLAIR',
        series: other.series,
        plan: planSeries(other.series),
        registration: { transform: IDENTITY },
      },
    ],
    letterhead: letterheadOf(),
    ...network(result.segmentation),
    writeBack: NOTHING_MORE,
    ...change,
  })
}
