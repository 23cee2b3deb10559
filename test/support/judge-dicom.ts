// Every independent judge of DICOM objects that this machine has, over the objects of one analysis.
import { readFileSync } from 'node:fs'
import { readSegmentation } from '../../demo/read-segmentation.ts'
import type { ReportableResult } from '../../src/domain/finding.ts'
import {
  ACCEPTED_WARNINGS,
  CORNERSTONE_PADDING,
  dumpReport,
  isCornerstoneInstalled,
  isDcmqiInstalled,
  isInstalled,
  readMapWithHighdicom,
  readReportWithHighdicom,
  readWithCornerstone,
  readWithDcmqi,
  readWithHighdicom,
  UNKNOWN_TO_DCIODVFY,
  UNKNOWN_TO_DSRDUMP,
  validate,
} from './dicom-validators.ts'
import { isPixelmedInstalled, judgeReport } from './pixelmed.ts'
import {
  differences,
  type Moments,
  momentsOfAffine,
  momentsOfCornerstone,
  momentsOfDcmqi,
  momentsOfStored,
} from './segment-moments.ts'
import { type Judgement, type Remark, type Verdict, verdictOf } from './verdict.ts'

export interface WrittenObject {
  /** Its role in the analysis. */
  name: string
  path: string
}

const HOW_TO_INSTALL_JS = 'npm ci --ignore-scripts --prefix test/integration/oracles/js'
const TREES = ['report', 'rejection-note']
const isMap = (name: string) => name === 'probabilities' || name === 'uncertainty'

/** `sources` are the images that the objects refer to, `reference` those of them whose grid the objects have. */
export async function judgeDicom(
  objects: readonly WrittenObject[],
  { sources, reference }: { sources: readonly string[]; reference: string[] },
  result: ReportableResult,
): Promise<Verdict[]> {
  const absent = {
    dicom3tools: isInstalled('dciodvfy') && isInstalled('dcentvfy') ? undefined : 'install dicom3tools',
    dcmtk: isInstalled('dsrdump') ? undefined : 'install dcmtk',
    pixelmed: isPixelmedInstalled() ? undefined : 'install libpixelmed-java and a Java runtime',
    highdicom: process.env.GLIABRIDGE_PYTHON
      ? undefined
      : 'GLIABRIDGE_PYTHON: a Python with test/integration/oracles/requirements.txt',
    cornerstone: isCornerstoneInstalled() ? undefined : HOW_TO_INSTALL_JS,
    dcmqi: isDcmqiInstalled() ? undefined : HOW_TO_INSTALL_JS,
  }
  const verdicts: Verdict[] = []
  const judge = async (...args: Parameters<typeof verdictOf>) => {
    verdicts.push(await verdictOf(...args))
  }
  for (const { name, path } of objects) await judge('dciodvfy', name, absent.dicom3tools, () => judgeObject(path))
  const known = objects.filter(({ name }) => name !== 'label-map').map(({ path }) => path)
  await judge('dcentvfy', 'all but the label map, with their sources', absent.dicom3tools, () => ({
    ...dicom3tools('dcentvfy', [...sources, ...known]),
    checked: `${known.length} objects, ${sources.length} images`,
  }))
  for (const { name, path } of objects.filter((one) => TREES.includes(one.name))) {
    await judge('dsrdump', name, absent.dcmtk, () => ({
      remarks: dumped(
        path,
        objects.some((one) => one.name === 'label-map'),
      ),
    }))
  }
  for (const { name, path } of objects.filter((one) => one.name === 'report')) {
    await judge('PixelMed DicomSRValidator', name, absent.pixelmed, () => ({ remarks: judgeReport(path) }))
    await judge('highdicom', name, absent.highdicom, () => readMeasurements(path, result))
  }
  const readAlike = async ({ name, path }: WrittenObject, truth: Moments) => {
    await judge('highdicom', name, absent.highdicom, () => {
      const { reading, labels } = readWithHighdicom(path)
      return compared(momentsOfAffine(labels, reading.shape, reading.affine), truth)
    })
    await judge('dcmqi', name, absent.dcmqi, () => {
      const { reading, values } = readWithDcmqi(path)
      return compared(momentsOfDcmqi(reading, values), truth)
    })
  }
  for (const one of objects.filter(({ name }) => name.startsWith('segmentation-'))) await readAlike(one, momentsIn(one))
  const stored = objects.find(({ name }) => name === 'segmentation')
  if (stored !== undefined) {
    const truth = momentsIn(stored)
    await judge('our own reader', stored.name, undefined, () => counted(truth, result))
    await readAlike(stored, truth)
    await judge("Cornerstone3D's adapter", stored.name, absent.cornerstone, () =>
      readPlanes(stored.path, reference, truth),
    )
    for (const { name, path } of objects.filter((one) => one.name === 'label-map')) {
      await judge('highdicom', name, absent.highdicom, () => {
        const { values, shape, affine } = readMapWithHighdicom(path)
        return compared(momentsOfAffine(values, shape, affine), truth)
      })
    }
  }
  for (const { name, path } of objects.filter((one) => isMap(one.name))) {
    await judge('highdicom', name, absent.highdicom, () => readShares(path))
  }
  return verdicts
}

/** A note that lists a label map is not read to its end by a dcmtk that does not know label maps. */
function dumped(path: string, hasLabelMap: boolean): Remark[] {
  const explained = 'The note lists the label map, whose SOP class is younger than this version of the tool.'
  const isNote = path.endsWith('rejection-note.dcm') && hasLabelMap
  return dumpReport(path).errors.map((text) =>
    isNote && UNKNOWN_TO_DSRDUMP.test(text) ? { text, explained } : { text },
  )
}

function dicom3tools(tool: 'dciodvfy' | 'dcentvfy', files: string[]): { remarks: Remark[] } {
  const { errors, warnings } = validate(tool, files)
  return { remarks: [...errors, ...warnings].map(explain) }
}

function explain(text: string): Remark {
  if (UNKNOWN_TO_DCIODVFY.includes(text))
    return { text, explained: 'The SOP class is younger than this version of the tool, which then checks nothing.' }
  const because = ACCEPTED_WARNINGS.find(({ pattern }) => pattern.test(text))?.because
  return because === undefined ? { text } : { text, explained: because }
}

function judgeObject(path: string): Judgement {
  const judgement = dicom3tools('dciodvfy', [path])
  const isLabelMap = path.endsWith('label-map.dcm')
  return isLabelMap
    ? judgement
    : { remarks: judgement.remarks.map((one) => (UNKNOWN_TO_DCIODVFY.includes(one.text) ? { text: one.text } : one)) }
}

const momentsIn = ({ path }: WrittenObject) => momentsOfStored(readSegmentation(new Uint8Array(readFileSync(path))))

const voxelsOf = (moments: Moments) => [...moments.values()].reduce((sum, { voxels }) => sum + voxels, 0)

function compared(found: Moments, truth: Moments): Judgement {
  const remarks = differences(found, truth).map((text) => ({ text }))
  return { remarks, checked: `${found.size} segments, ${voxelsOf(found)} voxels, centres within 0.01 mm` }
}

function readPlanes(path: string, images: string[], truth: Moments): Judgement {
  try {
    const { reading, values } = readWithCornerstone(path, images)
    return compared(momentsOfCornerstone(reading, values), truth)
  } catch (error) {
    if (!(error as Error).message.includes(CORNERSTONE_PADDING)) throw error
    const explained = 'It takes the byte that odd values are padded with (PS3.5 8.1.1) for a wrong length.'
    return { remarks: [{ text: CORNERSTONE_PADDING, explained }] }
  }
}

/** The stored voxels are those that were measured. */
function counted(stored: Moments, { segments }: ReportableResult): Judgement {
  const remarks = segments.flatMap(({ key, voxelCount }, index) => {
    const voxels = stored.get(index + 1)?.voxels ?? 0
    return voxels === voxelCount ? [] : [{ text: `${key}: ${voxels} voxels, ${voxelCount} were measured` }]
  })
  return { remarks, checked: `${stored.size} segments, ${voxelsOf(stored)} voxels` }
}

/** Volumes and diameters as a reader finds them are those of the result. */
export function readMeasurements(path: string, result: ReportableResult): Judgement {
  const { groups } = readReportWithHighdicom(path)
  const found = groups.flatMap(({ tracking, measurements }) =>
    measurements.map(({ value, unit }) => ({ tracking: tracking.split(' '), value, unit })),
  )
  const same = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b))
  const volumes = result.measurements.filter(
    ({ region, value }) =>
      !found.some((one) => one.tracking[0] === region && one.unit === 'UCUM mL' && same(one.value, value)),
  )
  const lengths = (result.diameters ?? []).flatMap((lesion) => [lesion.longestMm, lesion.perpendicularMm])
  const missing = lengths.filter(
    (length) => !found.some(({ unit, value }) => unit === 'UCUM mm' && same(value, length)),
  )
  return {
    remarks: [
      ...volumes.map(({ region }) => ({ text: `the volume of ${region} is not found` })),
      ...missing.map(() => ({ text: 'a diameter is not found' })),
    ],
    checked: `${groups.length} groups, ${found.length} values`,
  }
}

/** Probabilities, and deviations of them, lie between 0 and 1, and are not empty. */
function readShares(path: string): Judgement {
  const { values } = readMapWithHighdicom(path)
  const wrong = values.reduce((count, value) => count + (value >= 0 && value <= 1 ? 0 : 1), 0)
  const above = values.reduce((count, value) => count + (value > 0 ? 1 : 0), 0)
  return {
    remarks: [
      ...(wrong > 0 ? [{ text: `${wrong} values are not between 0 and 1` }] : []),
      ...(above === 0 ? [{ text: 'every value is 0' }] : []),
    ],
    checked: `${values.length} values, ${above} above 0`,
  }
}
