// A head of ellipsoids without any symmetry, as a function of patient space, with two contrasts.
import type { Vec3 } from '../../../src/domain/volume.ts'

const inside = (p: Vec3, centre: Vec3, radii: Vec3) =>
  ((p[0] - centre[0]) / radii[0]) ** 2 + ((p[1] - centre[1]) / radii[1]) ** 2 + ((p[2] - centre[2]) / radii[2]) ** 2 < 1

/** Intensity like T1: bright scalp, dark ventricles, an off-centre bright lesion; 0 outside. */
export function headT1(p: Vec3): number {
  if (!inside(p, [0, 0, 0], [75, 90, 70])) return 0
  if (!inside(p, [0, 0, 0], [70, 85, 65])) return 900
  if (inside(p, [10, -20, 5], [8, 25, 12]) || inside(p, [-14, -18, 3], [9, 22, 12])) return 100
  if (inside(p, [25, 30, 20], [15, 12, 10])) return 700
  if (inside(p, [-40, -40, -20], [20, 14, 25])) return 500
  return 400 + 40 * Math.sin(p[0] / 9) * Math.cos(p[1] / 7 + p[2] / 11)
}

/** The same head in another contrast: dark scalp, bright fluid. */
export function headT2(p: Vec3): number {
  const value = headT1(p)
  return value === 0 ? 0 : value > 800 ? 150 : 1000 - value
}
