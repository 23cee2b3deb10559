import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { MaskTransform } from '../../../src/inference/bundle/graph.ts'
import { boundsOf, transformMask } from '../../../src/inference/segmentation/mask-transforms.ts'
import { axial, readJson } from '../support.ts'

const golden = readJson(fileURLToPath(new URL('../../support/bundles/mask-transforms.json', import.meta.url)))
const [nz, ny, nx] = golden.size_zyx as [number, number, number]
const grid = axial([nx, ny, nz], [2, 1, 1])
const bits = (text: string) => Uint8Array.from(text, Number)

describe('transforms of a mask', () => {
  const cases = golden.cases as { transform: MaskTransform; in: string; out: string }[]
  it.each(cases)('do what SciPy does: $transform.name', ({ transform, in: from, out }) => {
    const mask = bits(from)
    expect(transformMask(mask, grid, transform).join('')).toBe(out)
    expect(mask.join('')).toBe(from)
  })

  it('find the box of what is inside', () => {
    expect(boundsOf(bits('000000010000000000100000'), [4, 3, 2])).toEqual({ from: [2, 1, 0], to: [4, 2, 2] })
    expect(boundsOf(new Uint8Array(24), [4, 3, 2])).toBeUndefined()
  })
})
