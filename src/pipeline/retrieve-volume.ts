// Reads one series from the archive into a volume, which is filled while it streams, so that only one instance is in memory at a time.
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
  /** Told what could not be read of the files even though the volume could. */
  onNote?: (note: QualityNote) => void,
): Promise<Volume<Float32Array>> {
  const expected = [...plan.instances.map((instance) => instance.sopInstanceUid), ...plan.doubles.keys()]
  const files = archive.retrieveSeries(studyInstanceUid, plan.seriesInstanceUid, expected)
  const { volume, notes } = await readVolume(plan, files)
  for (const note of notes) onNote?.(note)
  return volume
}
