// WADO-RS metadata of a study: in one request, otherwise series by series, otherwise instance by instance; complete in each case (PS3.18 Section
// 10.4.1.1.2).
import { has, text } from '../dicom/dataset.ts'
import { AppError } from '../domain/errors.ts'
import type { DicomJson, Series, Study, Uid } from '../domain/study.ts'
import { hasAll, resourcePath, seriesPath } from './query.ts'
import type { Searcher } from './search.ts'
import { NotWhole, type Way, type Ways } from './ways.ts'

type Level = 'study' | 'series' | 'instance'

const METADATA_WAYS: readonly (Way & { level: Level })[] = [
  { name: 'of the study at once', level: 'study' },
  { name: 'series by series', level: 'series' },
  { name: 'instance by instance', level: 'instance' },
]
const REQUIRED = ['SOPInstanceUID', 'SOPClassUID', 'SeriesInstanceUID']
/** For classic, enhanced and enhanced colour MR: attributes that every such image has and that are missing from an excerpt. */
const MR_IMAGES = new Set(['1.2.840.10008.5.1.4.1.1.4', '1.2.840.10008.5.1.4.1.1.4.1', '1.2.840.10008.5.1.4.1.1.4.3'])
const OF_IMAGES = ['Rows', 'BitsAllocated']

export interface MetadataSource {
  searcher: Searcher
  ways: Ways
  instancesOf(study: Uid): Promise<{ seriesInstanceUid: Uid; sopInstanceUid: Uid }[]>
}

/** NOT_FOUND if the archive does not know the study, ARCHIVE_NOT_DICOMWEB if it returns only an excerpt in every way of asking. */
export async function retrieveMetadata({ searcher, ways, instancesOf }: MetadataSource, study: Uid): Promise<Study> {
  const what = `metadata of study ${study}`
  const at: Record<Level, () => Promise<DicomJson[]>> = {
    study: () => searcher.list(`${resourcePath(study)}/metadata`, what),
    series: async () => {
      const matches = await searcher.all({
        what: `search of series of study ${study}`,
        question: 'search of series',
        required: ['SeriesInstanceUID'],
        pathOf: (page, way) => seriesPath(study, page, way),
      })
      const uids = matches.map((one) => text(one, 'SeriesInstanceUID'))
      const lists: DicomJson[][] = []
      for (const uid of uids)
        lists.push(await searcher.list(`${resourcePath(study, uid)}/metadata`, `metadata of series ${uid}`))
      return lists.flat()
    },
    instance: async () => {
      const lists: DicomJson[][] = []
      for (const { seriesInstanceUid, sopInstanceUid } of await instancesOf(study)) {
        const path = `${resourcePath(study, seriesInstanceUid, sopInstanceUid)}/metadata`
        lists.push(await searcher.list(path, `metadata of instance ${sopInstanceUid}`))
      }
      return lists.flat()
    },
  }
  const list = await ways.ask('metadata', METADATA_WAYS, async ({ level }) => {
    const answer = await at[level]()
    if (answer.length === 0) throw new AppError('NOT_FOUND', `the archive has no ${what}`)
    checkWhole(answer, what, level)
    return answer
  })
  return { studyInstanceUid: study, series: groupBySeries(list) }
}

/** An image that lacks these even when requested alone really lacks them: planning reports what is wrong with it. */
function checkWhole(list: readonly DicomJson[], what: string, level: Level): void {
  const lacking = list.find((one) => !hasAll(one, REQUIRED))
  const excerpt = level === 'instance' ? undefined : list.find(isExcerpt)
  const odd = lacking ?? excerpt
  if (odd === undefined) return
  const missing = [...REQUIRED, ...OF_IMAGES].filter((keyword) => !has(odd, keyword))
  throw new NotWhole(
    'ARCHIVE_NOT_DICOMWEB',
    `the archive gives no full ${what}: an instance has no ${missing.join(', ')}; set it to answer metadata requests with all attributes`,
  )
}

function isExcerpt(one: DicomJson): boolean {
  return MR_IMAGES.has(text(one, 'SOPClassUID')) && !hasAll(one, OF_IMAGES)
}

function groupBySeries(list: readonly DicomJson[]): Series[] {
  const series = new Map<Uid, Series>()
  for (const metadata of list) {
    const seriesInstanceUid = text(metadata, 'SeriesInstanceUID')
    const one = series.get(seriesInstanceUid) ?? {
      seriesInstanceUid,
      modality: text(metadata, 'Modality'),
      instances: [],
    }
    one.instances.push({
      sopInstanceUid: text(metadata, 'SOPInstanceUID'),
      sopClassUid: text(metadata, 'SOPClassUID'),
      metadata,
    })
    series.set(seriesInstanceUid, one)
  }
  return [...series.values()]
}
