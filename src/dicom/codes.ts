// Coded concepts in our DICOM objects (PS3.16): what a segment is, where it is, who made it, what a document is.
import type { DicomJson } from '../domain/study.ts'
import { dataset } from './dataset.ts'

/** Code Sequence Macro item (PS3.3 Table 8.8-1). */
export function code(value: string, scheme: string, meaning: string): DicomJson {
  const valued = value.length > 16 ? { LongCodeValue: value } : { CodeValue: value }
  return dataset({ ...valued, CodingSchemeDesignator: scheme, CodeMeaning: meaning })
}

/** CID 7150 Segmentation Property Category. */
export const MORPHOLOGICALLY_ABNORMAL = code('49755003', 'SCT', 'Morphologically Abnormal Structure')
/** Category and type for pixels of a label map that belong to no segment (PS3.16 Annex D). */
export const BACKGROUND = code('125040', 'DCM', 'Background')
/** CID 4 Anatomic Region. */
export const BRAIN = code('12738006', 'SCT', 'Brain')
/** CID 7005 Contributing Equipment Purpose of Reference. */
export const PROCESSING_EQUIPMENT = code('109102', 'DCM', 'Processing Equipment')
/** CID 7162 Surface Processing Algorithm Family. */
export const ARTIFICIAL_INTELLIGENCE = code('123110', 'DCM', 'Artificial Intelligence')
/** CID 7203 Image Derivation. */
export const SEGMENTATION_DERIVATION = code('113076', 'DCM', 'Segmentation')
/** CID 7202 Source Image Purpose of Reference. */
export const SOURCE_IMAGE = code('121322', 'DCM', 'Source image for image processing operation')
/** CID 7010 group: document titles. */
export const IMAGING_STUDY_REPORT = code('18748-4', 'LN', 'Diagnostic imaging study')

const ENHANCING = code('C113842', 'NCIt', 'Enhancing Lesion')
const NON_ENHANCING = code('C81175', 'NCIt', 'Non-Enhancing Lesion')
const NECROSIS = code('6574001', 'SCT', 'Necrosis')
const EDEMA = code('79654002', 'SCT', 'Edema')
const NEOPLASM = code('108369006', 'SCT', 'Neoplasm')

/** What a segment shows: its type (CID 7169, CID 7159) and the sRGB colour recommended to viewers. */
export interface SegmentConcept {
  propertyType: DicomJson
  colour: readonly [number, number, number]
}

/** Concepts by the segment keys of bundles: BraTS 2021 (NCR, ED, ET), BraTS 2023 (NETC, SNFH), and whole regions. */
export const SEGMENT_CONCEPTS: Readonly<Record<string, SegmentConcept>> = {
  NCR: { propertyType: NECROSIS, colour: [214, 39, 40] },
  ED: { propertyType: EDEMA, colour: [44, 160, 44] },
  ET: { propertyType: ENHANCING, colour: [255, 210, 0] },
  NETC: { propertyType: NON_ENHANCING, colour: [214, 39, 40] },
  SNFH: { propertyType: EDEMA, colour: [44, 160, 44] },
  TC: { propertyType: NEOPLASM, colour: [148, 103, 189] },
  WT: { propertyType: NEOPLASM, colour: [31, 119, 180] },
}

/** CIELab as PS3.3 C.10.7.1.1 encodes it (D65 white point): L* 0..100 and a*, b* -128..127 scaled to 0..65535. */
export function cieLab([red, green, blue]: readonly [number, number, number]): [number, number, number] {
  const linear = [red, green, blue].map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  const [r, g, b] = linear
  const f = (t: number) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29)
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883)
  const encode = (value: number, low: number, range: number) =>
    Math.min(65535, Math.max(0, Math.round(((value - low) * 65535) / range)))
  return [encode(116 * y - 16, 0, 100), encode(500 * (x - y), -128, 255), encode(200 * (y - z), -128, 255)]
}
