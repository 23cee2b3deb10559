// One series from the archive to a volume: a volume is filled while it streams, so one instance is in memory at a time.
import { type SeriesPlan, VolumeBuilder } from '../dicom/series-volume.ts'
import type { ImageArchive } from '../domain/ports.ts'
import type { Series, Uid } from '../domain/study.ts'
import type { Volume } from '../domain/volume.ts'

export async function retrieveVolume(
  archive: Pick<ImageArchive, 'retrieveSeries'>,
  studyInstanceUid: Uid,
  series: Series,
  plan: SeriesPlan,
): Promise<Volume<Float32Array>> {
  const builder = new VolumeBuilder(plan)
  const expected = series.instances.map((instance) => instance.sopInstanceUid)
  for await (const bytes of archive.retrieveSeries(studyInstanceUid, series.seriesInstanceUid, expected))
    await builder.add(bytes)
  return builder.finish()
}
