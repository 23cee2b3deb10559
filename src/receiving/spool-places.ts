// Where the spool of received images has what: <study>/<series>_<SOP class>_<modality>/<instance>.dcm.
import { join } from 'node:path'
import { uidSegment } from '../dicomweb/query.ts'
import type { ReceivedInstance } from '../domain/ports/received-images.ts'

/** Where objects are until they are complete; what a crash leaves there is deleted at the next removal. */
export const INCOMING = '.incoming'
export const STUDY = /^\d[\d.]*$/
export const SERIES = /^(\d[\d.]*)_(\d[\d.]*)_([A-Z0-9]*)$/
export const OBJECT = /^(\d[\d.]*)\.dcm$/

/** The folders of its study and series, and the path of the object. */
export interface Place {
  study: string
  series: string
  path: string
}

export function placeOf(folder: string, instance: ReceivedInstance): Place {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid, modality } = instance
  const study = join(folder, uidSegment(studyInstanceUid))
  const series = join(study, `${uidSegment(seriesInstanceUid)}_${uidSegment(sopClassUid)}_${modality}`)
  return { study, series, path: join(series, `${uidSegment(sopInstanceUid)}.dcm`) }
}
