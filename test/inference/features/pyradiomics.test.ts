// Every feature against pyradiomics on made-up regions; the golden file is written by training/gliatrain/radiomics_golden.py.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS, type TextureSettings } from '../../../src/inference/features/levels.ts'
import { shapeFeatures } from '../../../src/inference/features/shape.ts'
import { intensityFeatures } from '../../../src/inference/features/texture.ts'
import { makeVolumes, type Recipe } from './recipe.ts'

interface Golden {
  oracle: string
  cases: { recipe: Recipe; voxels_inside: number; image_sum: number; features: Record<string, number> }[]
}

const golden = JSON.parse(
  readFileSync(new URL('../../golden/features/synthetic.json', import.meta.url), 'utf8'),
) as Golden

const RELATIVE = 1e-6
/** Below this a value is what rounding left of 0. */
const FLOOR = 1e-9

describe.each(golden.cases)('$recipe.name', ({ recipe, features, voxels_inside, image_sum }) => {
  const { image, mask } = makeVolumes(recipe)

  it('is the volume that pyradiomics saw', () => {
    expect(mask.data.reduce((sum, inside) => sum + inside, 0)).toBe(voxels_inside)
    expect(image.data.reduce((sum, value) => sum + value, 0)).toBe(image_sum)
  })

  it('has its features', () => {
    const settings = { ...DEFAULT_SETTINGS, ...(recipe.settings as Partial<TextureSettings>) }
    const shape = Object.entries(shapeFeatures(mask)!).map(([name, value]) => [`shape_${name}`, value] as const)
    const found = new Map([...shape, ...Object.entries(intensityFeatures(image, mask, settings)!)])
    const wrong = Object.entries(features).flatMap(([name, expected]) => {
      const value = found.get(name)
      const close = value !== undefined && Math.abs(value - expected) <= Math.max(FLOOR, RELATIVE * Math.abs(expected))
      return close ? [] : [`${name}: ${value}, pyradiomics ${expected}`]
    })
    expect(wrong).toEqual([])
    expect(Object.keys(features).length).toBe(107)
  })
})
