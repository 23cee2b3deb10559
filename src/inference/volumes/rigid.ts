// Rigid transforms between patient spaces in LPS millimetres, and the interface of a registrar.
import type { Vec3, Volume } from '../../domain/volume.ts'

/** Spacing of the grids on which images are registered, mm. */
export const REGISTRATION_SPACING_MM = 2

/** Maps a point p of the fixed (reference) image to R p + t in the moving image; `rotation` is row-major 3x3. */
export interface Rigid {
  rotation: readonly number[]
  translation: Vec3
}

export const IDENTITY: Rigid = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0] }

/** One registration: the transform, how well the images agree under it, and the motion it amounts to. */
export interface Registration {
  transform: Rigid
  /** Distance in mm by which the centre of the reference image moves */
  translationMm: number
  rotationDegrees: number
  /** Normalised mutual information (Studholme 1999), 1 = nothing in common, before and after. */
  agreementBefore: number
  agreementAfter: number
}

/** Finds the rigid transform fixed → moving. Throws INPUT_IMPLAUSIBLE or INFERENCE_FAILED. */
export interface Registrar {
  register(fixed: Volume<Float32Array>, moving: Volume<Float32Array>, name: string): Promise<Registration>
  close(): Promise<void>
}

export function applyRigid({ rotation: r, translation: t }: Rigid, p: Vec3): Vec3 {
  const row = (i: number) => r[3 * i]! * p[0] + r[3 * i + 1]! * p[1] + r[3 * i + 2]! * p[2] + t[i]!
  return [row(0), row(1), row(2)]
}

export function invertRigid({ rotation: r, translation: t }: Rigid): Rigid {
  const rotation = [r[0]!, r[3]!, r[6]!, r[1]!, r[4]!, r[7]!, r[2]!, r[5]!, r[8]!]
  const back = applyRigid({ rotation, translation: [0, 0, 0] }, t)
  return { rotation, translation: [-back[0], -back[1], -back[2]] }
}

/** Rotation Z·X·Y by Euler angles in radians about `centre`, then translation: ITK's Euler3DTransform, as elastix uses it. */
export function rigidFromEuler(angles: Vec3, translation: Vec3, centre: Vec3): Rigid {
  const [cx, cy, cz] = angles.map(Math.cos) as unknown as Vec3
  const [sx, sy, sz] = angles.map(Math.sin) as unknown as Vec3
  const rotation = [
    cz * cy - sz * sx * sy,
    -sz * cx,
    cz * sy + sz * sx * cy,
    sz * cy + cz * sx * sy,
    cz * cx,
    sz * sy - cz * sx * cy,
    -cx * sy,
    sx,
    cx * cy,
  ]
  const turned = applyRigid({ rotation, translation: [0, 0, 0] }, centre)
  const shift = (i: 0 | 1 | 2) => centre[i] - turned[i] + translation[i]
  return { rotation, translation: [shift(0), shift(1), shift(2)] }
}

/** Angle of the rotation in degrees. */
export function rotationDegrees({ rotation: r }: Rigid): number {
  const cosine = (r[0]! + r[4]! + r[8]! - 1) / 2
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI
}

/** Distance in mm by which the transform moves the point. */
export function displacement(transform: Rigid, point: Vec3): number {
  const moved = applyRigid(transform, point)
  return Math.hypot(moved[0] - point[0], moved[1] - point[1], moved[2] - point[2])
}
