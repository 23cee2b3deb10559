// Pixels against headers: a head of made-up tissue, and the same with bright vessels, whatever scale, noise and slices they have.
import { describe, expect, it } from 'vitest'
import type { Grid, Volume } from '../../../src/domain/volume.ts'
import { contrastWitness, refuseOpposite } from '../../../src/inference/series/contrast-witness.ts'
import { witnessGrid } from '../../../src/inference/series/pixel-measures.ts'
import { resample } from '../../../src/inference/volumes/resample.ts'

/** A ball of smoothly changing tissue, of more or less contrast; `vessels` are thin bright rods through it. The noise is a fixed sequence. */
function head({ vessels = 0, scale = 1, seed = 1, contrast = 20 }): Volume<Float32Array> {
  const n = 64
  const data = new Float32Array(n ** 3)
  let state = seed
  for (let v = 0; v < data.length; v++) {
    const [i, j, k] = [v % n, Math.floor(v / n) % n, Math.floor(v / (n * n))]
    const r = Math.hypot(i - 32, j - 30, k - 33)
    state = (state * 1103515245 + 12345) % 2147483648
    const noise = 6 * (state / 2147483648 - 0.5)
    const rod = i % 11 === 3 && j % 13 === 5 ? vessels : 0
    if (r < 28) data[v] = scale * (100 + contrast * Math.sin(r / 3) + 0.2 * i + noise + rod)
  }
  const grid: Grid = { size: [n, n, n], spacing: [2, 2, 2], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] }
  return resample({ grid, data }, witnessGrid(grid))
}

describe('the pixels of two T1 images', () => {
  const plain = head({ scale: 3, seed: 5 })
  const enhanced = head({ vessels: 90, scale: 0.4, seed: 9, contrast: 14 })

  it('tell which of them shows contrast agent, whichever comes first', () => {
    const found = contrastWitness(plain, enhanced)!
    expect(found).toBeGreaterThan(1)
    expect(contrastWitness(enhanced, plain)).toBeCloseTo(-found, 5)
  })

  it('say nothing of two images without it, nor of an empty one', () => {
    expect(Math.abs(contrastWitness(plain, head({ seed: 77, contrast: 15 }))!)).toBeLessThan(0.5)
    const empty = { ...plain, data: new Float32Array(plain.data.length) }
    expect(contrastWitness(empty, enhanced)).toBeUndefined()
  })

  it('hold a study whose headers say the opposite, naming both series', () => {
    const names = { t1: 'series 4 (1.2.4)', t1c: 'series 9 (1.2.9)' }
    expect(() => refuseOpposite(plain, enhanced, names)).not.toThrow()
    expect(() => refuseOpposite(enhanced, plain, names)).toThrowError(
      expect.objectContaining({
        code: 'SERIES_CONTRADICTION',
        message: expect.stringMatching(
          /^by their headers series 4 \(1\.2\.4\) is T1 and series 9 \(1\.2\.9\) is T1c, but the pixels show contrast agent in series 4/,
        ),
      }),
    )
  })
})
