// Which attributes of two Part 10 files differ, by keyword; never their values, which may be a patient's.
import { canonicalText } from '../domain/canonical-text.ts'
import type { DicomElement, DicomJson } from '../domain/study.ts'
import { keywordOf } from './dictionary.ts'
import { readPart10 } from './part10.ts'

/**
 * Keywords of the attributes that differ or are missing from one of the two, in tag order; in sequences with their path
 * ("SegmentSequence[2].SegmentLabel", items counted from 1). "file meta information" if the data sets are equal but the bytes
 * are not. Empty only for equal bytes. Throws INSTANCE_INVALID.
 */
export function differingAttributes(a: Uint8Array, b: Uint8Array): string[] {
  if (Buffer.compare(a, b) === 0) return []
  const [one, other] = [readPart10(a), readPart10(b)]
  const keywords = differing(one.dataset, other.dataset)
  if (!samePixels(one.pixelData, other.pixelData)) keywords.push('PixelData')
  return keywords.length > 0 ? keywords : ['file meta information']
}

function differing(a: DicomJson, b: DicomJson, path = ''): string[] {
  const tags = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
  return tags.flatMap((tag) => {
    const [one, other] = [a[tag], b[tag]]
    const name = `${path}${keywordOf(tag)}`
    if (one === undefined || other === undefined) return [name]
    if (canonicalText(one) === canonicalText(other)) return []
    const [items, others] = [itemsOf(one), itemsOf(other)]
    if (items === undefined || others === undefined || items.length !== others.length) return [name]
    return items.flatMap((item, n) => differing(item, others[n]!, `${name}[${n + 1}].`))
  })
}

function itemsOf({ vr, Value = [] }: DicomElement): DicomJson[] | undefined {
  return vr === 'SQ' ? (Value as DicomJson[]) : undefined
}

function samePixels(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0)
}
