// WADO-RS of the demo archive: metadata, objects, frames and bulk data as streams (PS3.18 Section 10.4).
import { readPart10 } from '../../src/dicom/part10.ts'
import { parseMediaType } from '../../src/dicomweb/media-type.ts'
import { encodeClosing, encodeMultipart, encodePartHeader } from '../../src/dicomweb/multipart.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import type { InstanceStore, StoredInstance } from './store.ts'

/** Whether the client accepts what we have: multipart of objects in the stored transfer syntax. */
export function accepts(header: string | undefined, instances: readonly StoredInstance[]): boolean {
  if (header === undefined) return true
  return splitList(header).some((one) => {
    const { type, parameters } = parseMediaType(one)
    if (type === '*/*' || type === 'multipart/*') return true
    if (type !== 'multipart/related' || (parameters.type ?? 'application/dicom') !== 'application/dicom') return false
    const syntax = parameters['transfer-syntax'] ?? '*'
    return syntax === '*' || instances.every((instance) => instance.transferSyntaxUid === syntax)
  })
}

/** The members of an Accept header; commas inside quotes do not separate. */
function splitList(header: string): string[] {
  return header.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []
}

/** Reads the files one at a time, as the client consumes them. */
export async function* objectParts(
  store: InstanceStore,
  instances: readonly StoredInstance[],
  boundary: string,
): AsyncGenerator<Uint8Array, void> {
  for (const instance of instances) {
    const bytes = await store.read(instance)
    const type = `application/dicom; transfer-syntax=${instance.transferSyntaxUid}`
    yield encodePartHeader(type, boundary, bytes.length)
    yield bytes
    yield Buffer.from('\r\n')
  }
  yield encodeClosing(boundary)
}

/** Frames by their 1-based numbers, as stored; undefined if one does not exist. */
export async function frameParts(
  store: InstanceStore,
  instance: StoredInstance,
  numbers: readonly number[],
  boundary: string,
) {
  const frames = readPart10(await store.read(instance)).frames()
  const bytes = numbers.map((number) => frames[number - 1])
  if (bytes.some((frame) => frame === undefined)) return undefined
  return encodeParts(bytes as Uint8Array[], instance, boundary)
}

/** A bulk value: all frames of the pixel data, or a value left out of the metadata; undefined if there is none. */
export async function bulkParts(store: InstanceStore, instance: StoredInstance, tag: string, boundary: string) {
  if (instance.metadata[tag]?.BulkDataURI === undefined) return undefined
  const { dataset, frames } = readPart10(await store.read(instance))
  const inline = dataset[tag]?.InlineBinary
  return encodeParts(inline === undefined ? frames() : [Buffer.from(inline, 'base64')], instance, boundary)
}

function encodeParts(parts: readonly Uint8Array[], instance: StoredInstance, boundary: string) {
  const contentType = `application/octet-stream; transfer-syntax=${instance.transferSyntaxUid}`
  return encodeMultipart(
    parts.map((bytes) => ({ contentType, bytes })),
    boundary,
  )
}

/** Metadata with absolute bulk data addresses. */
export function metadataOf(instance: StoredInstance, root: string): DicomJson {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, metadata } = instance
  const base = `${root}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`
  return Object.fromEntries(
    Object.entries(metadata).map(([tag, element]) =>
      element.BulkDataURI === undefined
        ? [tag, element]
        : [tag, { ...element, BulkDataURI: `${base}/${element.BulkDataURI}` }],
    ),
  )
}
