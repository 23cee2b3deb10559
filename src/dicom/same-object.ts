// Whether two Part 10 files are the same result, made at two times: after its state was lost, an analysis is made again under the same UIDs.
import { canonicalText } from '../domain/canonical-text.ts'
import { AppError } from '../domain/errors.ts'
import type { DicomJson } from '../domain/study.ts'
import { tagOf } from './dataset.ts'
import { readPart10 } from './part10.ts'

/**
 * When an object was made, and attributes that contain that time: a PDF belongs to one analysis by its UID, and prints when it
 * was registered. Everything else must be equal.
 */
const OF_THE_MOMENT = new Set(
  [
    'InstanceCreationDate',
    'InstanceCreationTime',
    'SeriesDate',
    'SeriesTime',
    'ContentDate',
    'ContentTime',
    'ContributionDateTime',
    'TimezoneOffsetFromUTC',
    'EncapsulatedDocument',
    'EncapsulatedDocumentLength',
  ].map(tagOf),
)

/** Also false for what cannot be read. Pixels are compared as stored, so a transcoded copy is another object. */
export function isSameObject(a: Uint8Array, b: Uint8Array): boolean {
  try {
    return contentOf(a) === contentOf(b)
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

function contentOf(bytes: Uint8Array): string {
  const file = readPart10(bytes)
  const isImage = tagOf('Rows') in file.dataset
  const pixels = file.pixelData === undefined ? (isImage ? file.frames() : []) : [file.pixelData]
  return canonicalText([withoutMoment(file.dataset), pixels.map((one) => Buffer.from(one).toString('base64'))])
}

/** Tag → value; the VR is a matter of encoding. */
function withoutMoment(dataset: DicomJson): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(dataset)
      .filter(([tag]) => !OF_THE_MOMENT.has(tag))
      .map(([tag, { Value, InlineBinary }]) => [
        tag,
        Value?.map((value) => (isItem(value) ? withoutMoment(value) : value)) ?? InlineBinary ?? [],
      ]),
  )
}

function isItem(value: unknown): value is DicomJson {
  return typeof value === 'object' && value !== null && Object.keys(value).every((key) => /^[0-9A-F]{8}$/.test(key))
}
