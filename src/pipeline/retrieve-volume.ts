// One series from the archive to a volume: a volume is filled while it streams, so one instance is in memory at a time.
import { type SeriesPlan, VolumeBuilder } from '../dicom/series-volume.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Uid } from '../domain/study.ts'
import type { Volume } from '../domain/volume.ts'

export async function retrieveVolume(
  archive: Pick<ImageArchive, 'retrieveSeries'>,
  studyInstanceUid: Uid,
  plan: SeriesPlan,
): Promise<Volume<Float32Array>> {
  const builder = new VolumeBuilder(plan)
  const expected = [...plan.instances.map((instance) => instance.sopInstanceUid), ...plan.doubles.keys()]
  for await (const bytes of archive.retrieveSeries(studyInstanceUid, plan.seriesInstanceUid, expected))
    await builder.add(bytes)
  return builder.finish()
}
