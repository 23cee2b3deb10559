// The recorded parity with pyradiomics on real cases: all of them, every feature, within the limit; and the cases themselves.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readNifti } from '../../../src/evaluation/nifti.ts'
import { shapeFeatures } from '../../../src/inference/features/shape.ts'
import { intensityFeatures } from '../../../src/inference/features/texture.ts'
import { computeTumourFeatures } from '../../../src/inference/features/tumour-features.ts'

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')) as unknown

const golden = read('test/golden/features/cases.json') as {
  oracle: string
  cases: Record<string, Record<string, number>>
}
const recorded = read('training/results/feature-parity.json') as {
  oracle: string
  limit: number
  cases: number
  families: Record<string, { features: number; worst: { relativeDifference: number; case: string } }>
}

it('is recorded for every case and feature of the golden file, and within 1e-3', () => {
  expect(recorded.oracle).toBe(golden.oracle)
  expect(recorded.limit).toBe(1e-3)
  expect(recorded.cases).toBe(Object.keys(golden.cases).length)
  const names = Object.keys(Object.values(golden.cases)[0]!)
  for (const [family, { features, worst }] of Object.entries(recorded.families)) {
    expect(features, family).toBe(names.filter((name) => name.startsWith(`${family}_`)).length)
    expect(worst.relativeDifference, family).toBeLessThanOrEqual(recorded.limit)
    expect(golden.cases[worst.case]).toBeDefined()
  }
  expect(Object.values(recorded.families).reduce((sum, { features }) => sum + features, 0)).toBe(names.length)
})

const data = process.env.GLIABRIDGE_DATA
const isPresent = (name: string) => data !== undefined && existsSync(join(data, 'brats', name))

describe('real cases (GLIABRIDGE_DATA names a folder with brats/<case>/; a case that is not there is skipped, and counted so)', () => {
  for (const name of Object.keys(golden.cases))
    it.skipIf(!isPresent(name))(
      `${name} has the features of pyradiomics, from its grid and by way of the 1 mm grid`,
      () => {
        const folder = join(data!, 'brats', name)
        const load = (ending: string) => {
          const file = readdirSync(folder).find((entry) => entry.includes(ending))!
          return readNifti(readFileSync(join(folder, file)), file)
        }
        const [image, segmentation] = [load('_t1ce.nii'), load('_seg.nii')]
        const shape = Object.entries(shapeFeatures(segmentation)!).map(([key, value]) => [`shape_${key}`, value])
        const found = { ...Object.fromEntries(shape), ...intensityFeatures(image, segmentation) } as Record<
          string,
          number
        >
        const expected = golden.cases[name]!
        const wrong = (features: Record<string, number>, names: string[]) =>
          names.filter(
            (key) => !(Math.abs(features[key]! - expected[key]!) <= Math.max(1e-9, 1e-3 * Math.abs(expected[key]!))),
          )
        expect(wrong(found, Object.keys(expected))).toEqual([])

        const labels = { grid: segmentation.grid, data: Uint8Array.from(segmentation.data) }
        const tumour = { whole: [1, 2, 3, 4], enhancing: [3, 4], necrosis: [1], oedema: [2] }
        const { features } = computeTumourFeatures({ labels, tumour, t1c: image })
        expect(
          wrong(
            features,
            Object.keys(expected).filter((key) => key.startsWith('shape_')),
          ),
        ).toEqual([])
        expect(features.t1c_kurtosis).toBeCloseTo(expected.firstorder_Kurtosis!, 3)
        expect(features.t1c_cov).toBeCloseTo(Math.sqrt(expected.firstorder_Variance!) / expected.firstorder_Mean!, 6)
        // Bins of 25 units and of a 24th of the deviation: where 25 is fine enough, the correlation hardly depends on them.
        const isFine = Math.sqrt(expected.firstorder_Variance!) > 12 * 25
        if (isFine) expect(Math.abs(features.glcm_Correlation! - expected.glcm_Correlation!)).toBeLessThan(0.01)
      },
    )
})
