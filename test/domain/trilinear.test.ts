// The kernel against a function that is linear in each direction, which it must give back exactly; asymmetric sizes, so that no axis stands for another.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trilinear } from '../../src/domain/trilinear.ts'

const [nx, ny, nz] = [5, 4, 3]
const at = (x: number, y: number, z: number) => 2 + 3 * x - 5 * y + 7 * z + 0.5 * x * y - 0.25 * x * y * z
const data = Float64Array.from({ length: nx * ny * nz }, (_, n) =>
  at(n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))),
)
const inside = (size: number) => fc.double({ min: 0, max: size - 1, noNaN: true })
const clamp = (value: number, size: number) => Math.min(size - 1, Math.max(0, value))

describe('the kernel', () => {
  it('gives back what is linear along each axis, up to the outermost centres', () => {
    fc.assert(
      fc.property(inside(nx), inside(ny), inside(nz), (x, y, z) => {
        // Within a cell the function is trilinear, and so the interpolation of its corners is the function itself.
        expect(trilinear(data, nx, ny, nz, x, y, z)).toBeCloseTo(at(x, y, z), 9)
      }),
    )
  })

  it('holds the value of the edge beyond it, and takes a volume of one slice', () => {
    const far = fc.double({ min: -3, max: 8, noNaN: true })
    fc.assert(
      fc.property(far, far, far, (x, y, z) => {
        const expected = at(clamp(x, nx), clamp(y, ny), clamp(z, nz))
        expect(trilinear(data, nx, ny, nz, x, y, z)).toBeCloseTo(expected, 9)
        expect(trilinear(data.subarray(0, nx * ny), nx, ny, 1, x, y, z)).toBeCloseTo(
          at(clamp(x, nx), clamp(y, ny), 0),
          9,
        )
      }),
    )
  })
})
