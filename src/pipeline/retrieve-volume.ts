// One series from the archive to a volume: a volume is filled while it streams, so one instance is in memory at a time.
import type { SeriesPlan, VolumeReader } from '../dicom/series-volume.ts'
import type { QualityNote } from '../domain/finding.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Uid } from '../domain/study.ts'
import type { Volume } from '../domain/volume.ts'

export interface VolumePorts {
  archive: Pick<ImageArchive, 'retrieveSeries'>
  readVolume: VolumeReader
}

export async function retrieveVolume(
  { archive, readVolume }: VolumePorts,
  studyInstanceUid: Uid,
  plan: SeriesPlan,
  /** Hears what of the files could not be read although the volume could. */
  onNote?: (note: QualityNote) => void,
): Promise<Volume<Float32Array>> {
  const expected = [...plan.instances.map((instance) => instance.sopInstanceUid), ...plan.doubles.keys()]
  const files = archive.retrieveSeries(studyInstanceUid, plan.seriesInstanceUid, expected)
  const { volume, notes } = await readVolume(plan, files)
  for (const note of notes) onNote?.(note)
  return volume
}
