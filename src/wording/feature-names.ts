// Readable names and values of a tabular head's features.
import { ENGLISH, type Wording } from './languages/en.ts'
import { ENGLISH_QUANTITIES, type Quantities } from './quantities.ts'

export function featuresIn({ features: words }: Pick<Wording, 'features'>, q: Quantities) {
  return {
    /** "roundness" of "shape_Sphericity", "texture: joint entropy" of "glcm_JointEntropy"; unknown names as they are, with spaces. */
    featureName(feature: string): string {
      const name = words.names[feature]
      if (name !== undefined) return name
      const [, family = '', rest = ''] = /^([a-z]+)_([A-Z].*)$/.exec(feature) ?? []
      const said = words.families[family]
      return said === undefined ? feature.replaceAll('_', ' ') : words.ofFamily(said, rest)
    },

    /** A feature's value with its unit, or yes or no; empty when there is none. */
    featureValue(feature: string, value: number | undefined): string {
      if (value === undefined || !Number.isFinite(value)) return ''
      if (feature === 'age_years') return words.years(Math.floor(value))
      if (feature === 'sex_male' || feature.startsWith('resection_')) return value >= 0.5 ? words.yes : words.no
      if (/_fraction$|^midline_|^height$|^depth$/.test(feature)) return q.partPercent(value)
      if (/^shape_(Mesh|Voxel)Volume$/.test(feature)) return q.volume(value / 1000)
      if (/^shape_.*(Length|Diameter)/.test(feature)) return `${q.millimetres(value)} mm`
      return q.digits(value)
    },
  }
}

export const { featureName, featureValue } = featuresIn(ENGLISH, ENGLISH_QUANTITIES)
