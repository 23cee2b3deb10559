// The source images of a study: the set whose digest decides whether a study is new. Results and notes do not count.
import { digestOf } from '../dicom/uid.ts'
import type { Uid } from '../domain/study.ts'

/** Modalities of objects about images: results, reports, plans, notes (PS3.3 C.7.3.1.1.1). */
const NOT_IMAGES = new Set(
  `ANN ASMT AU DOC ECG EEG EMG EOG EPS FID HD IOL KER KO LEN M3D OAM OPV OSS PLAN PR REG RESP RTDOSE RTINTENT RTPLAN
  RTRAD RTRECORD RTSEGANN RTSTRUCT RWV SEG SMR SR SRF STAIN TEXTUREMAP TG VA XAPROTOCOL CTPROTOCOL`.split(/\s+/),
)

/** SOP classes by prefix, for archives and objects whose modality is "OT" or missing (PS3.4 B.5). */
const NOT_IMAGE_CLASSES = [
  '1.2.840.10008.5.1.4.1.1.7.', // secondary captures: pictures of pictures
  '1.2.840.10008.5.1.4.1.1.9.', // waveforms
  '1.2.840.10008.5.1.4.1.1.11.', // presentation states
  '1.2.840.10008.5.1.4.1.1.30.', // parametric maps
  '1.2.840.10008.5.1.4.1.1.66', // raw data, registration, fiducials, segmentation, surfaces, tractography
  '1.2.840.10008.5.1.4.1.1.67', // real world value mapping
  '1.2.840.10008.5.1.4.1.1.88.', // structured reports, key object selection
  '1.2.840.10008.5.1.4.1.1.104.', // encapsulated documents
  '1.2.840.10008.5.1.4.1.1.200.', // protocols, approvals
  '1.2.840.10008.5.1.4.34.', // worklists and procedure steps
]

/** What both search and metadata tell about a series. */
export interface SeriesContent {
  modality: string
  instances: readonly { seriesInstanceUid?: Uid; sopInstanceUid: Uid; sopClassUid: Uid }[]
}

export const isImageModality = (modality: string) => !NOT_IMAGES.has(modality)

/** Whether the series contains acquired images, and not only later statements about them. */
export function isSourceImage(series: SeriesContent): boolean {
  if (!isImageModality(series.modality)) return false
  return series.instances.some(
    ({ sopClassUid }) => !NOT_IMAGE_CLASSES.some((beginning) => `${sopClassUid}.`.startsWith(beginning)),
  )
}

export interface ImageSet {
  sopInstanceUids: Uid[]
  /** sha256 over the sorted SOP Instance UIDs */
  digest: string
}

/** The images of a study except those in `own`. The same set has the same digest, whether from search or from metadata. */
export function imageSetOf(series: readonly SeriesContent[], own: ReadonlySet<Uid> = new Set()): ImageSet {
  const sopInstanceUids = series
    .filter(isSourceImage)
    .flatMap((one) => one.instances.map((instance) => instance.sopInstanceUid))
    .filter((uid) => !own.has(uid))
  return { sopInstanceUids, digest: digestOf(sopInstanceUids) }
}

/** Instances of a search, grouped by series. */
export function groupInstances(
  instances: readonly { seriesInstanceUid: Uid; sopInstanceUid: Uid; sopClassUid: Uid; modality: string }[],
): SeriesContent[] {
  return [...Map.groupBy(instances, (instance) => instance.seriesInstanceUid).values()].map((members) => ({
    modality: members[0]!.modality,
    instances: members,
  }))
}
