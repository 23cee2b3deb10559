// One series from the archive to a volume: a volume is filled while it streams, so one instance is in memory at a time.
import { type SeriesPlan, VolumeBuilder } from '../dicom/series-volume.ts'
import type { QualityNote } from '../domain/finding.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Uid } from '../domain/study.ts'
import type { Volume } from '../domain/volume.ts'

export async function retrieveVolume(
  archive: Pick<ImageArchive, 'retrieveSeries'>,
  studyInstanceUid: Uid,
  plan: SeriesPlan,
  /** Hears what of the files could not be read although the volume could. */
  onNote?: (note: QualityNote) => void,
): Promise<Volume<Float32Array>> {
  const builder = new VolumeBuilder(plan)
  const expected = [...plan.instances.map((instance) => instance.sopInstanceUid), ...plan.doubles.keys()]
  for await (const bytes of archive.retrieveSeries(studyInstanceUid, plan.seriesInstanceUid, expected))
    await builder.add(bytes)
  const volume = builder.finish()
  for (const note of builder.notes()) onNote?.(note)
  return volume
}
