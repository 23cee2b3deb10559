// A glioma: necrotic core, irregular enhancing rim, oedema with fingers along the white matter, mild mass effect.
import type { Vec3 } from '../../src/domain/volume.ts'
import type { Paint } from './paint.ts'
import type { Random } from './prng.ts'
import { TISSUE } from './signal.ts'
import { createWaves } from './waves.ts'

export interface Tumour {
  /** Centre in atlas mm (see head.ts). */
  centre: Vec3
  /** No tumour tissue farther than this from the centre, in mm. */
  reach: number
  /**
   * Factor on the offset from the centre that leads back to where a point's tissue was before the tumour grew;
   * `room` is the distance to the skull in mm.
   */
  shrink(x: number, v: number, w: number, room: number): number
  /** How much the swelling closes the furrows of the cortex, 0 to 1. */
  pressure(x: number, v: number, w: number): number
  /** Lays oedema over white matter (`white` is its signed distance). */
  paintOedema(paint: Paint, x: number, v: number, w: number, white: number): void
  /** Lays rim and necrosis over all of the cerebrum (`cerebrum` is its signed distance). */
  paintCore(paint: Paint, x: number, v: number, w: number, cerebrum: number): void
}

/** Labels of the ground truth: 1 NCR, 2 ED, 3 ET; by tissue index. */
export const LABEL_OF_TISSUE: Readonly<Record<number, number>> = {
  [TISSUE.necrosis]: 1,
  [TISSUE.oedema]: 2,
  [TISSUE.mildOedema]: 2,
  [TISSUE.rim]: 3,
  [TISSUE.faintRim]: 3,
}

/** A tumour off the centre of the head in all three axes; side and position follow from the seed; `growth` is added to its radius, in mm. */
export function createTumour(random: Random, growth = 0): Tumour {
  const side = random.next() < 0.6 ? -1 : 1
  const centre: Vec3 = [side * random.between(29, 35), random.between(-42, -22), random.between(26, 36)]
  const radius = random.between(16, 19) + growth
  const push = random.between(5, 7)
  const turn = random.between(0, Math.PI)
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const shape = createWaves(random, 34, 7)
  const edge = createWaves(random, 13, 9)
  const wall = createWaves(random, 16, 9)
  const spread = createWaves(random, 46, 7)
  const fingers = createWaves(random, 19, 11)
  const patches = createWaves(random, 15, 7)
  const margin = random.between(13, 16)
  const farthest = radius + margin + 14

  /** Distance from the centre in a frame that is longer in one direction. */
  const radiusAt = (dx: number, dv: number, dw: number) => {
    const a = (dx * cos + dv * sin) / 0.9
    const b = (dv * cos - dx * sin) / 1.18
    return Math.sqrt(a * a + b * b + (dw * dw) / 0.92)
  }

  return {
    centre,
    reach: 1.2 * farthest,
    shrink(x, v, w, room) {
      const dx = x - centre[0]
      const dv = v - centre[1]
      const dw = w - centre[2]
      const r = Math.sqrt(dx * dx + dv * dv + dw * dw)
      const move = push * Math.exp(-((r / 42) ** 2)) * Math.min(1, r / 15) * Math.min(1, Math.max(0, room / 18))
      return r < 1e-6 ? 1 : 1 - move / r
    },
    pressure(x, v, w) {
      const squared = (x - centre[0]) ** 2 + (v - centre[1]) ** 2 + (w - centre[2]) ** 2
      return Math.exp(-squared / 1700)
    },
    paintOedema(paint, x, v, w, white) {
      const r = radiusAt(x - centre[0], v - centre[1], w - centre[2])
      if (r > farthest || white > 2) return
      const outer = radius + margin + 6 * spread.at(x, v, w) + 4.5 * fingers.at(x, v, w)
      const outside = r - Math.min(farthest - 1, Math.max(outer, radius + 3))
      // Vasogenic oedema stays in the white matter and stops short of the cortex.
      paint.lay(TISSUE.mildOedema, Math.max(outside, white + 0.2))
      paint.lay(TISSUE.oedema, Math.max(outside + 4.5 + 2 * patches.at(x, v, w), white + 0.6))
    },
    paintCore(paint, x, v, w, cerebrum) {
      const r = radiusAt(x - centre[0], v - centre[1], w - centre[2])
      if (r > radius + 14) return
      const outer = radius + 2.6 * shape.at(x, v, w) + 1.1 * edge.at(x, v, w)
      const thickness = Math.max(2.2, 4.6 + 2.1 * wall.at(x, v, w))
      const outside = Math.max(r - outer, cerebrum)
      paint.lay(TISSUE.rim, outside)
      paint.lay(TISSUE.faintRim, Math.max(outside, 1.6 * (0.9 - patches.at(x, v, w))))
      paint.lay(TISSUE.necrosis, Math.max(r - outer, cerebrum) + thickness)
    },
  }
}
