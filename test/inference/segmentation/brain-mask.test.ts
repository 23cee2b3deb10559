import { describe, expect, it } from 'vitest'
import { brainMask } from '../../../src/inference/segmentation/brain-mask.ts'
import { axial } from '../support.ts'

// 4 mm voxels: 0.064 mL each. The "brain" is a box, the tumour a corner of it, and a piece of scalp lies apart.
const grid = axial([40, 44, 30], [4, 4, 4], [-80, -88, -40])
const bundle = {
  labels: [{ index: 1, key: 'ET', name: 'enhancing' }],
  anatomy: [{ index: 2, key: 'BRAIN', name: 'brain' }],
}
const inBox = (v: number, from: readonly number[], to: readonly number[]) => {
  const [i, j, k] = [v % 40, Math.floor(v / 40) % 44, Math.floor(v / 1760)]
  return [i, j, k].every((x, axis) => x >= from[axis]! && x < to[axis]!)
}
function probabilities(to: readonly number[]): Float32Array[] {
  const classes = [0, 1, 2].map(() => new Float32Array(40 * 44 * 30))
  for (let v = 0; v < 40 * 44 * 30; v++) {
    const tumour = inBox(v, [5, 6, 4], [9, 10, 8])
    const brain = inBox(v, [5, 6, 4], to) || inBox(v, [1, 1, 1], [3, 9, 3])
    // Inside the tumour neither class alone is more probable than not.
    classes[1]![v] = tumour ? 0.45 : 0
    classes[2]![v] = tumour ? 0.4 : brain ? 0.8 : 0.2
    classes[0]![v] = 1 - classes[1]![v]! - classes[2]![v]!
  }
  return classes
}

describe('the outline of the brain', () => {
  it('holds the tumour, and no small piece apart', () => {
    const mask = brainMask(probabilities([33, 38, 26]), grid, bundle)!
    expect(mask.grid).toBe(grid)
    const inside = mask.data.reduce((n, value) => n + value, 0)
    expect(inside).toBe(28 * 32 * 22)
    expect(mask.data[6 + 40 * (7 + 44 * 5)]).toBe(1)
    expect(mask.data[1 + 40 * (1 + 44)]).toBe(0)
  })

  it('is none when it is too small or too large for a brain, or when the bundle marks none', () => {
    // 20 x 22 x 18 voxels are 507 mL; 35 x 38 x 26 are 2213 mL.
    expect(brainMask(probabilities([25, 28, 22]), grid, bundle)).toBeUndefined()
    expect(brainMask(probabilities([40, 44, 30]), grid, bundle)).toBeUndefined()
    expect(brainMask(probabilities([33, 38, 26]), grid, { labels: bundle.labels })).toBeUndefined()
  })
})
