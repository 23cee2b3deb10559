// Smooth random fields as sums of plane waves of one wavelength: their zero sets fold like a cortex.
import type { Random } from './prng.ts'

// Cosines from a table: fast enough for tens of millions of waves, and the same bits on every machine.
const STEPS = 1 << 14
const COSINE = Float64Array.from({ length: STEPS }, (_, n) => Math.cos((2 * Math.PI * n) / STEPS))
const MASK = STEPS - 1
const QUARTER = STEPS / 4

export interface Waves {
  /** Value with deviation about 1 at a point in mm. */
  at(x: number, y: number, z: number): number
  /** Signed distance in mm to the nearest zero of the field, to first order. */
  distance(x: number, y: number, z: number): number
}

/** A field of `count` waves of the wavelength (mm), directions spread over the sphere. */
export function createWaves(random: Random, wavelength: number, count: number): Waves {
  const k = STEPS / wavelength
  const kx = new Float64Array(count)
  const ky = new Float64Array(count)
  const kz = new Float64Array(count)
  const phase = new Float64Array(count)
  for (let n = 0; n < count; n++) {
    // A spiral over the half sphere makes even a few waves cover all directions; the jitter makes seeds differ.
    const cosine = (n + random.next()) / count
    const sine = Math.sqrt(1 - cosine * cosine)
    const turn = 2.399963 * n + random.between(0, 2)
    kx[n] = k * sine * Math.cos(turn)
    ky[n] = k * sine * Math.sin(turn)
    kz[n] = k * cosine
    phase[n] = random.between(0, STEPS)
  }
  const amplitude = Math.sqrt(2 / count)
  const usualSlope = 0.577 / amplitude
  const perMm = (2 * Math.PI) / STEPS
  return {
    at(x, y, z) {
      let value = 0
      for (let n = 0; n < count; n++) value += COSINE[(kx[n]! * x + ky[n]! * y + kz[n]! * z + phase[n]!) & MASK]!
      return amplitude * value
    },
    distance(x, y, z) {
      let value = 0
      let gx = 0
      let gy = 0
      let gz = 0
      for (let n = 0; n < count; n++) {
        const step = (kx[n]! * x + ky[n]! * y + kz[n]! * z + phase[n]!) & MASK
        const slope = COSINE[(step - QUARTER) & MASK]!
        value += COSINE[step]!
        gx -= kx[n]! * slope
        gy -= ky[n]! * slope
        gz -= kz[n]! * slope
      }
      // Where the field is flat the first-order distance explodes; the floor keeps it in proportion.
      const slope = Math.sqrt(gx * gx + gy * gy + gz * gz)
      return value / (perMm * Math.max(slope, usualSlope * k))
    },
  }
}
