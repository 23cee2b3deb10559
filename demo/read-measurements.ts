// Reads a measurement report (TID 1500) as a reader would: from the stored object alone, by its codes.
import { items, number, text } from '../src/dicom/dataset.ts'
import { readPart10 } from '../src/dicom/part10.ts'
import type { DicomJson } from '../src/domain/study.ts'

/** One measured value of a measurement group. */
export interface ReadMeasurement {
  /** Tracking identifier of its group. */
  tracking: string
  name: string
  value: number
  unit: string
}

const MEASUREMENT_GROUP = '125007'
const TRACKING_IDENTIFIER = '112039'

export function readMeasurements(bytes: Uint8Array): { sopInstanceUid: string; measurements: ReadMeasurement[] } {
  const { dataset } = readPart10(bytes)
  const groups = descendants(dataset).filter((item) => conceptOf(item).code === MEASUREMENT_GROUP)
  const measurements = groups.flatMap((group) => {
    const children = items(group, 'ContentSequence')
    const tracked = children.find((item) => conceptOf(item).code === TRACKING_IDENTIFIER)
    return children.flatMap((item) => {
      const [measured] = items(item, 'MeasuredValueSequence')
      if (measured === undefined) return []
      const [unit] = items(measured, 'MeasurementUnitsCodeSequence')
      return [
        {
          tracking: tracked === undefined ? '' : text(tracked, 'TextValue'),
          name: conceptOf(item).meaning,
          value: number(measured, 'NumericValue') ?? Number.NaN,
          unit: unit === undefined ? '' : text(unit, 'CodeValue'),
        },
      ]
    })
  })
  return { sopInstanceUid: text(dataset, 'SOPInstanceUID'), measurements }
}

function conceptOf(item: DicomJson): { code: string; meaning: string } {
  const [name] = items(item, 'ConceptNameCodeSequence')
  return name === undefined
    ? { code: '', meaning: '' }
    : { code: text(name, 'CodeValue'), meaning: text(name, 'CodeMeaning') }
}

function descendants(item: DicomJson): DicomJson[] {
  return items(item, 'ContentSequence').flatMap((child) => [child, ...descendants(child)])
}
