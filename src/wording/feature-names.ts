// Readable names of a tabular head's features.
import { millimetres, partPercent, volume } from './quantities.ts'

const NAMES: Readonly<Record<string, string>> = {
  age_years: 'age',
  sex_male: 'male sex',
  resection_gtr: 'total resection',
  resection_subtotal: 'subtotal resection',
  kps: 'Karnofsky score',
  enhancing_fraction: 'enhancing share',
  necrosis_fraction: 'necrotic share',
  oedema_fraction: 'oedema share',
  t2_flair_mismatch: 'T2-FLAIR mismatch',
  midline_distance: 'off midline',
  height: 'height in brain',
  depth: 'front to back',
  midline_crossing: 'reach past midline',
  t1c_cov: 'T1c unevenness',
  t1c_skewness: 'T1c skewness',
  t1c_kurtosis: 'T1c kurtosis',
  t1c_p10_over_median: 'T1c dark end',
  t1c_p90_over_median: 'T1c bright end',
  t1c_iqr_over_median: 'T1c middle spread',
  t1c_mean_over_median: 'T1c mean to median',
  t1c_mad_over_sd: 'T1c mean deviation',
  t1c_rmad_over_sd: 'T1c robust deviation',
  t1c_density_energy: 'T1c uniformity',
  t1c_density_entropy: 'T1c disorder',
  t1c_median_over_brain: 'T1c to brain',
  t1c_p90_over_brain: 'T1c peak to brain',
  glcm_Correlation: 'T1c smoothness',
  shape_MeshVolume: 'tumour volume',
  shape_VoxelVolume: 'tumour volume (voxels)',
  shape_SurfaceArea: 'surface area',
  shape_SurfaceVolumeRatio: 'surface to volume',
  shape_Sphericity: 'roundness',
  shape_Elongation: 'elongation',
  shape_Flatness: 'flatness',
  shape_MajorAxisLength: 'longest axis',
  shape_MinorAxisLength: 'middle axis',
  shape_LeastAxisLength: 'shortest axis',
  shape_Maximum3DDiameter: 'largest diameter',
  shape_Maximum2DDiameterSlice: 'diameter in slice',
  shape_Maximum2DDiameterColumn: 'diameter in column',
  shape_Maximum2DDiameterRow: 'diameter in row',
}

const FAMILIES: Readonly<Record<string, string>> = {
  shape: 'shape',
  firstorder: 'intensity',
  glcm: 'texture',
  glrlm: 'texture',
  glszm: 'texture',
  gldm: 'texture',
  ngtdm: 'texture',
}

/** "roundness" of "shape_Sphericity", "texture: joint entropy" of "glcm_JointEntropy"; unknown names as they are, with spaces. */
export function featureName(feature: string): string {
  const name = NAMES[feature]
  if (name !== undefined) return name
  const [, family = '', rest = ''] = /^([a-z]+)_([A-Z].*)$/.exec(feature) ?? []
  const words = FAMILIES[family]
  return words === undefined ? feature.replaceAll('_', ' ') : `${words}: ${inWords(rest)}`
}

/** A feature's value with its unit, or yes or no; empty when there is none. */
export function featureValue(feature: string, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return ''
  if (feature === 'age_years') return `${Math.floor(value)} y`
  if (feature === 'sex_male' || feature.startsWith('resection_')) return value >= 0.5 ? 'yes' : 'no'
  if (/_fraction$|^midline_|^height$|^depth$/.test(feature)) return partPercent(value)
  if (/^shape_(Mesh|Voxel)Volume$/.test(feature)) return volume(value / 1000)
  if (/^shape_.*(Length|Diameter)/.test(feature)) return `${millimetres(value)} mm`
  const size = Math.abs(value)
  return size !== 0 && (size < 0.01 || size >= 10_000) ? value.toExponential(1) : String(Number(value.toPrecision(3)))
}

/** "JointEntropy" → "joint entropy" */
function inWords(camel: string): string {
  return camel.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
}
