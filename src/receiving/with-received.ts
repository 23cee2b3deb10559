// An archive combined with what was sent to the service itself: images are read from here first, headers from the archive first.
import { describeObject } from '../dicomweb/describe-object.ts'
import { AppError } from '../domain/errors.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { ReceivedImages, ReceivedInstance } from '../domain/ports/received-images.ts'
import type { DicomJson, Series, Study, Uid } from '../domain/study.ts'

/**
 * A study is the union of both by SOP Instance UID. If the archive has an instance, its headers apply, since patients are
 * corrected there; results are stored there too. A study of which nothing was received is the archive's alone.
 */
export function withReceived(archive: ImageArchive, received: ReceivedImages): ImageArchive {
  async function metadataOf(instance: ReceivedInstance): Promise<DicomJson> {
    const bytes = await received.read(instance)
    if (bytes === undefined)
      throw new AppError('NOT_FOUND', `instance ${instance.sopInstanceUid} is no longer among the received images`)
    return describeObject(bytes).metadata
  }

  return {
    ...archive,

    async searchInstances(study) {
      const [ours, theirs] = [await received.instances(study), await archive.searchInstances(study)]
      const theirUids = new Set(theirs.map((one) => one.sopInstanceUid))
      return [...theirs, ...ours.filter((one) => !theirUids.has(one.sopInstanceUid)).map(searched)]
    },

    async retrieveMetadata(study) {
      const ours = await received.instances(study)
      if (ours.length === 0) return archive.retrieveMetadata(study)
      const theirs = await archive.retrieveMetadata(study).catch(nothing)
      const theirUids = new Set(
        theirs?.series.flatMap((one) => one.instances.map((instance) => instance.sopInstanceUid)),
      )
      const merged: Study = { studyInstanceUid: study, series: theirs?.series ?? [] }
      for (const instance of ours)
        if (!theirUids.has(instance.sopInstanceUid)) add(merged.series, instance, await metadataOf(instance))
      return merged
    },

    async *retrieveSeries(study, series, expected) {
      const missing: Uid[] = []
      for (const sopInstanceUid of expected) {
        const bytes = await received.read({ studyInstanceUid: study, seriesInstanceUid: series, sopInstanceUid })
        if (bytes === undefined) missing.push(sopInstanceUid)
        else yield bytes
      }
      if (missing.length > 0) yield* archive.retrieveSeries(study, series, missing)
    },

    async retrieveInstance(study, series, sopInstanceUid) {
      const bytes = await received.read({ studyInstanceUid: study, seriesInstanceUid: series, sopInstanceUid })
      return bytes ?? archive.retrieveInstance(study, series, sopInstanceUid)
    },
  }
}

function searched({ seriesInstanceUid, sopInstanceUid, sopClassUid, modality }: ReceivedInstance) {
  return { seriesInstanceUid, sopInstanceUid, sopClassUid, modality }
}

function add(list: Series[], instance: ReceivedInstance, metadata: DicomJson): void {
  const { seriesInstanceUid, modality, sopInstanceUid, sopClassUid } = instance
  const described = { sopInstanceUid, sopClassUid, metadata }
  const series = list.find((one) => one.seriesInstanceUid === seriesInstanceUid)
  if (series) series.instances.push(described)
  else list.push({ seriesInstanceUid, modality, instances: [described] })
}

/** The archive does not have the study, or not yet. */
function nothing(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'NOT_FOUND') return undefined
  throw error
}
