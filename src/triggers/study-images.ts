// The images that the archive has of a study: those it lists, without our own results, and those it states but does not list.
import { asAppError } from '../domain/errors.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Log } from '../domain/ports/log.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import type { Uid } from '../domain/study.ts'
import { groupInstances, type ImageSet, imageSetOf, isImageModality, type SeriesContent } from './image-set.ts'

export interface StudyImages {
  /** The series as a search lists them. */
  listSeries(studyInstanceUid: Uid): Promise<SeriesContent[]>
  imageSet(series: readonly SeriesContent[]): Promise<ImageSet>
  /** The first series of images of which the archive states more than it lists, in words; undefined where nothing is missing. */
  missingFrom(studyInstanceUid: Uid, listed: readonly SeriesContent[]): Promise<string | undefined>
}

export function createStudyImages(
  archive: Pick<ImageArchive, 'searchInstances' | 'statedCounts'>,
  watchStore: Pick<WatchStore, 'isOwn'>,
  log: Log,
): StudyImages {
  /** An archive that states nothing, or refuses to, lacks nothing. */
  async function statedCounts(studyInstanceUid: Uid) {
    try {
      return (await archive.statedCounts?.(studyInstanceUid)) ?? []
    } catch (thrown) {
      const { code, class: kind } = asAppError(thrown)
      if (kind === 'transient') throw thrown
      log.info({ studyInstanceUid, code }, 'the archive does not state how many images its series have')
      return []
    }
  }

  return {
    listSeries: async (studyInstanceUid) => groupInstances(await archive.searchInstances(studyInstanceUid)),

    async imageSet(series) {
      const uids = series.flatMap(({ instances }) => instances.map(({ sopInstanceUid }) => sopInstanceUid))
      return imageSetOf(series, await watchStore.isOwn(uids))
    },

    async missingFrom(studyInstanceUid, listed) {
      for (const { seriesInstanceUid, modality, instances } of await statedCounts(studyInstanceUid)) {
        const series = listed.find((one) =>
          one.instances.some((image) => image.seriesInstanceUid === seriesInstanceUid),
        )
        const count = series?.instances.length ?? 0
        if (isImageModality(series?.modality ?? modality) && instances > count)
          return `the archive states ${instances} instances of series ${seriesInstanceUid} and lists ${count}`
      }
      return undefined
    },
  }
}
