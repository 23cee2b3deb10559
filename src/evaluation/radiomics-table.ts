// Features of heads from a table written by pyradiomics 3 in the format of UCSF-PDGM; defined as in training/gliatrain/tabular/features.py.
import { AppError } from '../domain/errors.ts'
import { table } from '../domain/table.ts'
import { numberIn, type Table } from './csv.ts'

type Cells = Readonly<Record<string, string>>

/** The columns of a feature, and how to compute it. */
interface Recipe {
  columns: readonly string[]
  /** From the columns' values, in their order. */
  make: (...values: number[]) => number
}

const first = (name: string) => `original_firstorder_${name}`
/** The table's bins are 25 wide. */
const BIN_WIDTH = 25
const asIs = (value: number) => value
const ratio = (a: number, b: number) => a / b
const overSd = (value: number, variance: number) => value / Math.sqrt(variance)

const IMAGE_MEAN = 'diagnostics_Image-original_Mean'
const CENTRE = 'diagnostics_Mask-original_CenterOfMassIndex'
const BOX = 'diagnostics_Mask-original_BoundingBox'

/** The brain on the table's one grid of 240 x 240 x 155: faces in voxels, and its volume in mm3. */
const TABLE_BOX = [
  [51, 193],
  [32, 208],
  [13, 153],
] as const
const TABLE_GRID_VOXELS = 240 * 240 * 155
const TABLE_BRAIN_MM3 = 1.4e6
const overBrain = (value: number, mean: number) => value / ((mean * TABLE_GRID_VOXELS) / TABLE_BRAIN_MM3)

const RECIPES = table<Recipe>({
  t1c_cov: { columns: [first('Variance'), first('Mean')], make: (variance, mean) => Math.sqrt(variance) / mean },
  t1c_skewness: { columns: [first('Skewness')], make: asIs },
  t1c_kurtosis: { columns: [first('Kurtosis')], make: asIs },
  t1c_p10_over_median: { columns: [first('10Percentile'), first('Median')], make: ratio },
  t1c_p90_over_median: { columns: [first('90Percentile'), first('Median')], make: ratio },
  t1c_iqr_over_median: { columns: [first('InterquartileRange'), first('Median')], make: ratio },
  t1c_mean_over_median: { columns: [first('Mean'), first('Median')], make: ratio },
  t1c_mad_over_sd: { columns: [first('MeanAbsoluteDeviation'), first('Variance')], make: overSd },
  t1c_rmad_over_sd: { columns: [first('RobustMeanAbsoluteDeviation'), first('Variance')], make: overSd },
  t1c_density_energy: {
    columns: [first('Uniformity'), first('Variance')],
    make: (uniformity, variance) => (uniformity * Math.sqrt(variance)) / BIN_WIDTH,
  },
  t1c_density_entropy: {
    columns: [first('Entropy'), first('Variance')],
    make: (entropy, variance) => entropy + Math.log2(BIN_WIDTH / Math.sqrt(variance)),
  },
  t1c_median_over_brain: { columns: [first('Median'), IMAGE_MEAN], make: overBrain },
  t1c_p90_over_brain: { columns: [first('90Percentile'), IMAGE_MEAN], make: overBrain },
})
const LOCATION = ['midline_distance', 'midline_crossing', 'depth', 'height']
/** Computed from the service's own labels and other sequences, which the table does not have. */
const NOT_IN_TABLE = ['enhancing_fraction', 'necrosis_fraction', 'oedema_fraction', 't2_flair_mismatch']

/**
 * A reader of the wanted features, and what the table cannot give. A column with the feature's own name goes first.
 * Throws TABLE_INVALID naming every missing column of a radiomics feature; diagnostics may be missing and give NaN.
 */
export function radiomicsReader(
  table: Pick<Table, 'columns'>,
  featureNames: readonly string[],
  file: string,
): { read: (cells: Cells, where: string) => Record<string, number>; unavailable: string[] } {
  const has = (column: string) => table.columns.includes(column)
  const missing = new Set<string>()
  const unavailable: string[] = []
  const readers: [string, (cells: Cells, where: string) => number][] = featureNames.map((name) => {
    if (has(name)) return [name, (cells, where) => numberIn(cells, name, where)]
    if (LOCATION.includes(name) && has(CENTRE) && has(BOX))
      return [name, (cells, where) => location(cells, where)[name]!]
    const { columns, make } = RECIPES[name] ?? { columns: [`original_${name}`], make: asIs }
    const absent = columns.filter((column) => !has(column))
    if (LOCATION.includes(name) || NOT_IN_TABLE.includes(name) || absent.includes(IMAGE_MEAN)) {
      unavailable.push(name)
      return [name, () => Number.NaN]
    }
    for (const column of absent) missing.add(column)
    return [name, (cells, where) => make(...columns.map((column) => numberIn(cells, column, where)))]
  })
  if (missing.size > 0)
    throw new AppError('TABLE_INVALID', `${file} lacks ${[...missing].map((column) => `"${column}"`).join(', ')}`)
  return {
    read: (cells, where) => Object.fromEntries(readers.map(([name, reader]) => [name, reader(cells, where)])),
    unavailable,
  }
}

/** Voxel k reaches from k to k + 1; the index increases towards the patient's left, posterior and superior. */
function location(cells: Cells, where: string): Record<string, number> {
  const centre = tuple(cells, CENTRE, 3, where)
  const box = tuple(cells, BOX, 6, where)
  if (!centre || !box) return {}
  const [[x0, x1], [y0, y1], [z0, z1]] = TABLE_BOX
  const [middle, half] = [(x0 + x1) / 2, (x1 - x0) / 2]
  const [low, high] = [box[0]!, box[0]! + box[3]!]
  return {
    midline_distance: Math.abs(centre[0]! + 0.5 - middle) / half,
    midline_crossing: Math.min(middle - low, high - middle) / half,
    depth: (centre[1]! + 0.5 - y0) / (y1 - y0),
    height: (centre[2]! + 0.5 - z0) / (z1 - z0),
  }
}

/** "(1.0, 2, 3)" */
function tuple(cells: Cells, column: string, length: number, where: string): number[] | undefined {
  const text = cells[column] ?? ''
  if (text === '') return undefined
  const match = /^\(([^()]*)\)$/.exec(text)
  const values = (match?.[1] ?? '').split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (values.length !== length || !values.every(Number.isFinite))
    throw new AppError('TABLE_INVALID', `${where}: "${column}" is not a list of ${length} numbers in brackets`)
  return values
}
