// Images of the head as a scanner would make them: slice profile, patient movement, receive coil, Rician noise.
import type { Grid, Vec3 } from '../../src/domain/volume.ts'
import type { TissueVolume } from './head.ts'
import { type Motion, rotate, transposed } from './motion.ts'
import { createNoise, createRandom, type Random } from './prng.ts'

/** Slices to acquire: a grid in scanner coordinates (LPS mm) and the excited thickness in mm (spacing minus gap). */
export interface Stack {
  grid: Grid
  thickness: number
}

export interface Scan {
  stack: Stack
  motion: Motion
  /** Stored value of a relative signal of 1. */
  gain: number
  /** Deviation of the noise of each of the two receiver channels, in stored values; 0 for computed maps. */
  noise: number
  /** Strength of the coil's unevenness, 0 to 1. */
  bias: number
}

/** Largest stored value: 12 bits. */
export const MAX_VALUE = 4095

/** Acquires all slices of a head's relative signal (on `head`); values are stored values, index column + columns * row. */
export function acquire(head: Grid, signal: Float32Array, scan: Scan, seed: string): Uint16Array[] {
  const coil = createCoil(createRandom(seed, 'coil'), scan.bias)
  const fillNoise = createNoise(createRandom(seed, 'noise'))
  const [columns, rows, slices] = scan.stack.grid.size
  const real = new Float32Array(scan.noise === 0 ? 0 : columns * rows)
  const imaginary = new Float32Array(real.length)
  return Array.from({ length: slices }, (_, k) => {
    const clean = sampleSlice(head, signal, scan, k)
    shade(clean, scan, k, coil)
    fillNoise(real)
    fillNoise(imaginary)
    return stored(clean, real, imaginary, scan.noise)
  })
}

/** Pixels between two evaluations of the coil's sensitivity along a row, with linear interpolation in between. */
const COIL_STEP = 8

/** Multiplies a slice by gain and coil sensitivity. */
function shade(
  slice: Float32Array,
  { stack, gain }: Scan,
  k: number,
  coil: (x: number, y: number, z: number) => number,
): void {
  const [columns, rows] = stack.grid.size
  const { origin: o, row: r, column: c } = placeOf(stack.grid, k)
  for (let j = 0; j < rows; j++) {
    const at = (i: number) =>
      gain * coil(o[0] + i * r[0] + j * c[0], o[1] + i * r[1] + j * c[1], o[2] + i * r[2] + j * c[2])
    let lower = at(0)
    for (let i0 = 0; i0 < columns; i0 += COIL_STEP) {
      const upper = at(i0 + COIL_STEP)
      const step = (upper - lower) / COIL_STEP
      const end = Math.min(columns, i0 + COIL_STEP)
      for (let i = i0; i < end; i++) slice[i + columns * j]! *= lower + (i - i0) * step
      lower = upper
    }
  }
}

/** Magnitude of two noisy channels (Rician: Gudbjartsson and Patz 1995) as stored values. */
function stored(clean: Float32Array, real: Float32Array, imaginary: Float32Array, noise: number): Uint16Array {
  const out = new Uint16Array(clean.length)
  for (let n = 0; n < out.length; n++) {
    const a = noise === 0 ? clean[n]! : clean[n]! + noise * real[n]!
    const b = noise === 0 ? 0 : noise * imaginary[n]!
    const value = Math.sqrt(a * a + b * b) + 0.5
    out[n] = Math.min(value, MAX_VALUE)
  }
  return out
}

/** Relative signal of every voxel from the signals of the tissues. */
export function signalVolume({ under, over, share, texture }: TissueVolume, signals: Float32Array): Float32Array {
  const out = new Float32Array(under.length)
  for (let at = 0; at < out.length; at++) {
    const a = signals[under[at]!]!
    const part = share[at]! / 255
    out[at] = (a + part * (signals[over[at]!]! - a)) * (1 + texture[at]! / 1000)
  }
  return out
}

/** First pixel's centre and the steps to the next column and row of slice k, LPS mm. */
function placeOf(
  { origin, direction: d, spacing }: Grid,
  k: number,
): { origin: Vec3; row: Vec3; column: Vec3; normal: Vec3 } {
  const axis = (n: 0 | 1 | 2, length: number): Vec3 => [d[n]! * length, d[3 + n]! * length, d[6 + n]! * length]
  const step = axis(2, spacing[2])
  return {
    origin: [origin[0] + k * step[0], origin[1] + k * step[1], origin[2] + k * step[2]],
    row: axis(0, spacing[0]),
    column: axis(1, spacing[1]),
    normal: axis(2, 1),
  }
}

/** Trapezoid slice profile: offsets along the normal in mm with weights that add up to 1. */
function profileOf(thickness: number, fine: number): { offset: number; weight: number }[] {
  const count = Math.max(1, Math.round((1.1 * thickness) / fine))
  const points = Array.from({ length: count }, (_, n) => {
    const at = count === 1 ? 0 : (n + 0.5) / count - 0.5
    return { offset: 1.1 * thickness * at, weight: Math.min(1, 4 * (0.5 - Math.abs(at)) + 0.2) }
  })
  const sum = points.reduce((total, { weight }) => total + weight, 0)
  return points.map(({ offset, weight }) => ({ offset, weight: weight / sum }))
}

function sampleSlice(grid: Grid, signal: Float32Array, { stack, motion }: Scan, k: number): Float32Array {
  const [columns, rows] = stack.grid.size
  const out = new Float32Array(columns * rows)
  const place = placeOf(stack.grid, k)
  const back = transposed(motion.rotation)
  const h = grid.spacing[0]
  const perVoxel = (step: Vec3): Vec3 => {
    const [x, y, z] = rotate(back, step)
    return [x / h, y / h, z / h]
  }
  const row = perVoxel(place.row)
  const column = perVoxel(place.column)
  for (const { offset, weight } of profileOf(stack.thickness, h)) {
    const point = place.origin.map((o, n) => o + offset * place.normal[n]! - motion.translation[n]!) as unknown as Vec3
    const inHead = rotate(back, point)
    const start = inHead.map((p, n) => (p - grid.origin[n]!) / h) as unknown as Vec3
    addPlane(out, signal, grid.size, start, row, column, columns, rows, weight)
  }
  return out
}

/** Adds weight times the trilinear samples of a plane; start, row and column steps in voxels. */
function addPlane(
  out: Float32Array,
  signal: Float32Array,
  [nx, ny, nz]: Vec3,
  start: Vec3,
  row: Vec3,
  column: Vec3,
  columns: number,
  rows: number,
  weight: number,
): void {
  const plane = nx * ny
  for (let j = 0, at = 0; j < rows; j++) {
    let x = start[0] + j * column[0]
    let y = start[1] + j * column[1]
    let z = start[2] + j * column[2]
    for (let i = 0; i < columns; i++, at++, x += row[0], y += row[1], z += row[2]) {
      if (x < 0 || y < 0 || z < 0 || x >= nx - 1 || y >= ny - 1 || z >= nz - 1) continue
      const xi = x | 0
      const yi = y | 0
      const zi = z | 0
      const fx = x - xi
      const fy = y - yi
      const fz = z - zi
      const n = xi + nx * yi + plane * zi
      const a = signal[n]! + fx * (signal[n + 1]! - signal[n]!)
      const b = signal[n + nx]! + fx * (signal[n + nx + 1]! - signal[n + nx]!)
      const m = n + plane
      const c = signal[m]! + fx * (signal[m + 1]! - signal[m]!)
      const d = signal[m + nx]! + fx * (signal[m + nx + 1]! - signal[m + nx]!)
      const front = a + fy * (b - a)
      out[at]! += weight * (front + fz * (c + fy * (d - c) - front))
    }
  }
}

/** Receive sensitivity: a smooth tilt, brighter near the coil, falling off down the neck; 1 in the middle of the head. */
function createCoil(random: Random, strength: number): (x: number, y: number, z: number) => number {
  const [tx, ty, tz] = [random.between(-0.16, 0.16), random.between(-0.2, 0.2), random.between(-0.1, 0.16)]
  const [sx, sy] = [random.between(0.06, 0.16), random.between(0.06, 0.16)]
  return (x, y, z) => {
    const near = tx * (x / 90) + ty * (y / 110) + tz * (z / 90) + sx * (x / 90) ** 2 + sy * (y / 110) ** 2
    const neck = z > -84 ? 1 : z < -126 ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * (-84 - z)) / 42)
    return (1 + strength * near) * neck
  }
}
