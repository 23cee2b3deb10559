// Reads a segmentation with Cornerstone3D's adapter: node read-cornerstone.mjs SEG.dcm OUT.u8 IMAGE.dcm…
// Writes one label image per frame of the images, in their order, and prints the plane of each. No browser is needed to read.
import { readFileSync, writeFileSync } from 'node:fs'
import { generateToolState } from '@cornerstonejs/adapters/cornerstone3D/Segmentation/generateToolState'
import { metaData } from '@cornerstonejs/core'
import { data } from 'dcmjs'

const [path, out, ...images] = process.argv.slice(2)
// What the libraries print of their work is not part of the answer.
console.log = console.info = console.warn = console.error
const { DicomMessage, DicomMetaDictionary } = data
const bufferOf = (file) => Uint8Array.from(readFileSync(file)).buffer
const first = (value) => (Array.isArray(value) ? value[0] : value)

const stack = new Map()
for (const file of images) {
  const instance = DicomMetaDictionary.naturalizeDataset(DicomMessage.readFile(bufferOf(file)).dict)
  delete instance.PixelData
  const frames = instance.PerFrameFunctionalGroupsSequence
  const shared = first(instance.SharedFunctionalGroupsSequence) ?? {}
  for (let n = 0; n < (frames?.length ?? 1); n++) {
    const group = frames === undefined ? {} : frames[n]
    const macro = (name) => first(group[name] ?? shared[name]) ?? instance
    const id = frames === undefined ? `test:${file}` : `test:${file}?frame=${n + 1}`
    const cosines = macro('PlaneOrientationSequence').ImageOrientationPatient.map(Number)
    const spacing = macro('PixelMeasuresSequence').PixelSpacing.map(Number)
    const position = macro('PlanePositionSequence').ImagePositionPatient.map(Number)
    const plane = {
      frameOfReferenceUID: instance.FrameOfReferenceUID,
      rows: instance.Rows,
      columns: instance.Columns,
      imageOrientationPatient: cosines,
      imagePositionPatient: position,
      rowCosines: cosines.slice(0, 3),
      columnCosines: cosines.slice(3),
      pixelSpacing: spacing,
      rowPixelSpacing: spacing[0],
      columnPixelSpacing: spacing[1],
    }
    stack.set(id, {
      instance: {
        ...instance,
        ImageOrientationPatient: cosines,
        ImagePositionPatient: position,
        PixelSpacing: spacing,
      },
      imagePlaneModule: plane,
      generalSeriesModule: { modality: 'MR', seriesInstanceUID: instance.SeriesInstanceUID },
      generalImageModule: { sopInstanceUID: instance.SOPInstanceUID },
      imagePixelModule: {
        samplesPerPixel: 1,
        photometricInterpretation: 'MONOCHROME2',
        rows: instance.Rows,
        columns: instance.Columns,
        bitsAllocated: 16,
        bitsStored: 16,
        highBit: 15,
        pixelRepresentation: 0,
      },
    })
  }
}
const provider = { get: (type, id) => stack.get(id)?.[type] }
metaData.addProvider((type, id) => provider.get(type, id), 1000)

const answer = await generateToolState([...stack.keys()], bufferOf(path), provider)
const labels = answer.labelMapImages.map((layer) => layer.map(({ voxelManager }) => voxelManager.getScalarData()))
writeFileSync(out, Buffer.concat(labels.flat().map((values) => Buffer.from(Uint8Array.from(values)))))
const planes = [...stack.values()].map(({ imagePlaneModule: p }) => ({
  position: p.imagePositionPatient,
  row: p.rowCosines,
  column: p.columnCosines,
  spacing: p.pixelSpacing,
  size: [p.columns, p.rows],
}))
const segments = answer.segMetadata.data
  .filter(Boolean)
  .map(({ SegmentNumber, TrackingUID, SegmentedPropertyTypeCodeSequence }) => ({
    number: Number(SegmentNumber),
    trackingUid: TrackingUID,
    type: first(SegmentedPropertyTypeCodeSequence)?.CodeValue,
  }))
process.stdout.write(`\n${JSON.stringify({ layers: labels.length, planes, segments })}\n`)
// Libraries for browsers leave timers.
process.exit(0)
