import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { AddCavities } from '../../../src/inference/bundle/graph.ts'
import { addCavities } from '../../../src/inference/segmentation/cavities.ts'
import { axial, readJson } from '../support.ts'

const size = [60, 50, 44] as const
const grid = axial([...size], [1, 1, 1])
const rule: AddCavities = {
  name: 'AddCavities',
  applied_labels: ['WT'],
  sequence: 'FLAIR',
  below: -0.8,
  min_size_ml: 1,
  min_contact: 0.45,
}

/** A brain (0 outside it) with a cyst of radius 8 at (20, 22, 18), and a ventricle, as dark, that passes the tumour at x = 31 to 36. */
function head(rimOf: (x: number, y: number, z: number, r: number) => boolean) {
  const image = new Float32Array(size[0] * size[1] * size[2])
  const rim = new Uint8Array(image.length)
  const [cyst, ventricle] = [new Uint8Array(image.length), new Uint8Array(image.length)]
  for (let z = 0; z < size[2]; z++)
    for (let y = 0; y < size[1]; y++)
      for (let x = 0; x < size[0]; x++) {
        const v = x + size[0] * (y + size[1] * z)
        const inBrain = ((x - 30) / 28) ** 2 + ((y - 25) / 23) ** 2 + ((z - 22) / 20) ** 2 < 1
        const r = Math.hypot(x - 20, y - 22, z - 18)
        if (inBrain) image[v] = 0.2
        if (inBrain && r < 8) [image[v], cyst[v]] = [-2, 1]
        else if (inBrain && r < 11 && rimOf(x, y, z, r)) [image[v], rim[v]] = [2, 1]
        else if (inBrain && x > 30 && x < 37 && y > 6 && y < 44) [image[v], ventricle[v]] = [-2, 1]
      }
  return { image, rim, cyst, ventricle }
}

const inside = (mask: Uint8Array, part: Uint8Array) =>
  part.reduce((n, value, v) => n + (value & mask[v]!), 0) / part.reduce((n, value) => n + value, 0)

describe('cavities', () => {
  it('belong to a tumour that holds them on most sides, and a ventricle that it touches does not', () => {
    // Open towards low y, as a cyst that reaches the cortex.
    const { image, rim, cyst, ventricle } = head((_, y) => y > 18)
    const out = addCavities(rim, grid, rule, image)
    expect(inside(out, cyst)).toBeGreaterThan(0.99)
    expect(inside(out, ventricle)).toBeLessThan(0.03)
    expect(inside(out, rim)).toBe(1)
    expect([...out.entries()].filter(([v, value]) => value === 1 && image[v] === 0)).toEqual([])
  })

  it('stay outside where the tumour lies on one side alone, or where they are too small', () => {
    const oneSided = head((x) => x < 15)
    expect(addCavities(oneSided.rim, grid, rule, oneSided.image)).toEqual(oneSided.rim)
    const { image, rim } = head((_, y) => y > 18)
    expect(addCavities(rim, grid, { ...rule, min_size_ml: 4 }, image)).toEqual(rim)
    const nothing = new Uint8Array(rim.length)
    expect(addCavities(nothing, grid, rule, image)).toEqual(nothing)
  })

  it('are what is darker than the bound', () => {
    const { image, rim } = head((_, y) => y > 18)
    expect(addCavities(rim, grid, { ...rule, below: -2.5 }, image)).toEqual(rim)
  })

  const golden = readJson(fileURLToPath(new URL('../../support/bundles/cavities.json', import.meta.url)))
  const cases = golden.cases as { rule: Pick<AddCavities, 'below' | 'min_size_ml' | 'min_contact'>; out: string }[]
  it.each(cases)('are those that SciPy finds: $rule', ({ rule: bounds, out }) => {
    const [nz, ny, nx] = golden.size_zyx as [number, number, number]
    const image = Float32Array.from(golden.image as string, (digit) => (Number(digit) - 5) / 2)
    const mask = Uint8Array.from(golden.mask as string, Number)
    expect(addCavities(mask, axial([nx, ny, nz], [1, 1, 1]), { ...rule, ...bounds }, image).join('')).toBe(out)
  })
})
