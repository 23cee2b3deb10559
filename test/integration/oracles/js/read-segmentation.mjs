// Reads a segmentation with dcmqi (as WebAssembly): node read-segmentation.mjs SEG.dcm OUT.i16; prints geometry and segments.
// The reader for overlapping segments, since the other one gives up on some odd frames in which nothing overlaps.
import { writeFileSync } from 'node:fs'
import { readOverlappingSegmentationNode } from '@itk-wasm/dicom'

const [path, out] = process.argv.slice(2)
// What dcmqi prints of its work is not part of the answer.
console.log = console.error
const { segImage, metaInfo } = await readOverlappingSegmentationNode(path, {})
writeFileSync(out, Buffer.from(segImage.data.buffer, segImage.data.byteOffset, segImage.data.byteLength))
const { size, spacing, origin, direction, imageType } = segImage
const { componentType, components } = imageType
const segments = metaInfo.segmentAttributes.flat().map((one) => ({
  number: one.labelID,
  trackingUid: one.TrackingUniqueIdentifier,
  type: one.SegmentedPropertyTypeCodeSequence.CodeValue,
}))
const answer = { size, spacing, origin, direction: [...direction], componentType, components, segments }
process.stdout.write(`\n${JSON.stringify(answer)}\n`)
