// Rigid movement of the patient between series.
import type { Vec3 } from '../../src/domain/volume.ts'

/** Takes a point of the reference position to where it is in the scanner: rotation (row-major 3x3) * p + translation, LPS mm. */
export interface Motion {
  rotation: readonly number[]
  translation: Vec3
}

export const AT_REST: Motion = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0] }

/** Rotation about the x, then y, then z axis by degrees. */
export function rotationOf([ax, ay, az]: Vec3): number[] {
  const [cx, cy, cz] = [ax, ay, az].map((a) => Math.cos((a * Math.PI) / 180)) as [number, number, number]
  const [sx, sy, sz] = [ax, ay, az].map((a) => Math.sin((a * Math.PI) / 180)) as [number, number, number]
  return [
    cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz,
    cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz,
    -sy, sx * cy, cx * cy,
  ] // biome-ignore format: a matrix reads best in rows
}

/** rotation * point. */
export function rotate(rotation: readonly number[], [x, y, z]: Vec3): Vec3 {
  const row = (n: number) => rotation[n]! * x + rotation[n + 1]! * y + rotation[n + 2]! * z
  return [row(0), row(3), row(6)]
}

/** The inverse rotation. */
export function transposed(m: readonly number[]): number[] {
  return [m[0]!, m[3]!, m[6]!, m[1]!, m[4]!, m[7]!, m[2]!, m[5]!, m[8]!]
}
