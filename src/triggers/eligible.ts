// Which settled studies are analysed: brain MR, or MR of which nobody says another body part.
import { readBodyPart } from '../dicom/body-part.ts'
import { items, text } from '../dicom/dataset.ts'
import type { Series, Study } from '../domain/study.ts'
import { isSourceImage } from './image-set.ts'

export { isSourceImage } from './image-set.ts'

/** The reason is shown to people and kept; it holds no patient data. */
export type Eligibility = { eligible: true } | { eligible: false; reason: string }

/** Anatomic Region codes (PS3.16 CID 4) of head and brain: SNOMED CT, and the SNOMED RT values of older objects. */
const HEAD_CODES = new Set([
  '69536005',
  'T-D1100',
  '12738006',
  'T-A0100',
  '774007',
  'T-D1000',
  '89546000',
  'T-11100',
  '83678007',
  'T-A2000',
])

/** The default rule. A body part that is empty, says nothing or is no code string is let through: many scanners leave it so. */
export function isBrainMr(study: Study): Eligibility {
  const images = study.series.filter(isSourceImage)
  if (images.length === 0) return { eligible: false, reason: 'the study holds no images' }
  const mr = images.filter((series) => series.modality === 'MR')
  if (mr.length === 0) {
    const modalities = [...new Set(images.map((series) => printable(series.modality) || 'unnamed'))].sort()
    return { eligible: false, reason: `no MR series among the images (${modalities.join(', ')})` }
  }
  const parts = mr.map(bodyPart)
  if (parts.some((part) => part === 'head' || part === 'unspecified')) return { eligible: true }
  const named = [...new Set(parts.map((part) => (typeof part === 'string' ? part : part.other)))].sort()
  return { eligible: false, reason: `not a study of the head: body part ${named.join(', ')}` }
}

/** The body part of a series as its first instance states it. */
function bodyPart(series: Series): 'head' | 'unspecified' | { other: string } {
  const metadata = series.instances[0]?.metadata ?? {}
  const codes = items(metadata, 'AnatomicRegionSequence').map((item) => text(item, 'CodeValue'))
  if (codes.some((code) => HEAD_CODES.has(code))) return 'head'
  const stated = text(metadata, 'BodyPartExamined')
  const says = readBodyPart(stated)
  if (says === 'head') return 'head'
  const part = printable(stated.toUpperCase())
  if (says === 'other' && part !== '') return { other: part }
  const other = codes.map(printable).find((code) => code !== '')
  return other === undefined ? 'unspecified' : { other: `code ${other}` }
}

/** The value if it is a code string (PS3.5 Section 6.2), else '': what was typed into the field by mistake does not get out, and says nothing. */
function printable(value: string): string {
  return /^[A-Z0-9_ -]{1,16}$/.test(value) ? value : ''
}
