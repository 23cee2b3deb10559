// The brain inside the skull: folded cortex, white matter, ventricles, basal ganglia, brainstem, cerebellum.
import type { Paint } from './paint.ts'
import type { Random } from './prng.ts'
import { createTube, ellipsoid, join, meet } from './shapes.ts'
import { TISSUE } from './signal.ts'
import type { Tumour } from './tumour.ts'
import { createWaves } from './waves.ts'

// Paths as distance from the midline, v, w, radius in atlas mm (see head.ts).
const VENTRICLE = createTube([
  [5, 30, 4, 2],
  [8, 24, 7, 4],
  [9, 4, 17, 4.2],
  [10, -14, 21, 4.2],
  [18, -32, 19, 5],
  [25, -42, 12, 6.2],
])
const OCCIPITAL_HORN = createTube([
  [25, -42, 12, 5.5],
  [27, -58, 7, 3],
  [25, -70, 6, 1.2],
])
const TEMPORAL_HORN = createTube([
  [26, -42, 9, 4.5],
  [32, -32, -5, 2.2],
  [35, -14, -17, 1.8],
])
const CHOROID = createTube([
  [9, -10, 18, 1],
  [15, -30, 17, 1.6],
  [24, -40, 12, 3],
  [28, -38, 4, 1.6],
])
const CALLOSUM = createTube([
  [0, 22, -3, 2.5],
  [0, 30, 4, 4.5],
  [0, 26, 13, 4.7],
  [0, 8, 24, 4],
  [0, -14, 26, 3.8],
  [0, -32, 20, 4.5],
  [0, -39, 12, 5],
])
const FORNIX = createTube([
  [2, 4, 12, 1.6],
  [3, -26, 14, 1.8],
])
const HIPPOCAMPUS = createTube([
  [22, -8, -20, 4.5],
  [27, -22, -14, 4],
  [28, -36, -4, 3],
])
const CAUDATE = createTube([
  [11, 16, 4, 5],
  [13, 8, 12, 4.6],
  [17, -6, 20, 3],
  [20, -20, 21, 2.2],
])
const PEDUNCLE = createTube([
  [11, -14, -12, 5],
  [17, -8, -2, 6],
])
const MIDDLE_PEDUNCLE = createTube([
  [9, -42, -30, 4.5],
  [18, -52, -34, 5],
])
const MEDULLA = createTube([
  [0, -32, -42, 9.5],
  [0, -40, -62, 7],
  [0, -47, -84, 5.4],
])
const AQUEDUCT = createTube([
  [0, -29, -3, 1],
  [0, -39, -22, 1.3],
])
const STRAIGHT_SINUS = createTube([
  [0, -42, 6, 1.8],
  [0, -92, -9, 2.2],
])
const MIDDLE_ARTERY = createTube([
  [9, 4, -17, 1.6],
  [22, 2, -17, 1.5],
  [36, 4, -11, 1.3],
  [39, -8, -3, 1.1],
  [38, -22, 4, 0.9],
])
const ANTERIOR_ARTERY = createTube([
  [3, 8, -15, 1.2],
  [1, 28, -8, 1.1],
  [1, 38, 6, 1.1],
  [1, 30, 20, 1],
  [1, 4, 31, 0.9],
])
const BASILAR = createTube([
  [0, -15, -44, 1.7],
  [0, -14, -30, 1.7],
  [0, -18, -16, 1.5],
])
const CAROTID = createTube([
  [15, -12, -44, 2.4],
  [13, 2, -34, 2.3],
  [9, 4, -18, 2],
])

export interface Brain {
  /** Lays everything inside the skull's inner table (`cranium` is its signed distance) at a point in atlas mm. */
  paint(paint: Paint, x: number, v: number, w: number, cranium: number, tumour: Tumour | undefined): void
}

/** Height of the tentorium over the horizontal plane through the anterior commissure. */
function tentorium(u: number, v: number): number {
  return -1 + 0.24 * (v + 38) - 0.26 * u
}

/** Distance in the midline plane from the corpus callosum and what it spans, negative within; to first order. */
function callosalDistance(v: number, w: number): number {
  return 28 * (Math.sqrt(((v + 4) / 37) ** 2 + ((w - 3) / 26) ** 2) - 1)
}

/** Signed distance of the space under the tentorium. */
function posteriorFossa(u: number, v: number, w: number): number {
  return Math.max(w - tentorium(u, v), v + 27 + 0.35 * u)
}

function paintDeep(paint: Paint, u: number, v: number, w: number, fullness: number): void {
  if (u > 45 || v > 45 || v < -80 || w > 40 || w < -30) return
  paint.lay(TISSUE.white, ellipsoid(u, v, w, 0, 2, 4, 12, 22, 14))
  paint.lay(TISSUE.thalamus, ellipsoid(u, v, w, 10.5, -18, 7, 9, 14.5, 9))
  paint.lay(TISSUE.striatum, ellipsoid(u - 0.12 * (v - 3), v, w, 26.5, 3, 2, 5.2, 17, 10.5))
  paint.lay(TISSUE.pallidum, ellipsoid(u - 0.15 * (v + 3), v, w, 19.5, -3, 0, 4.6, 8.5, 6.5))
  paint.lay(TISSUE.striatum, CAUDATE(u, v, w))
  const ventricle = Math.min(VENTRICLE(u, v, w) - fullness, OCCIPITAL_HORN(u, v, w), TEMPORAL_HORN(u, v, w))
  paint.lay(TISSUE.csf, meet(ventricle, 1.1 - u, 0.4))
  paint.lay(TISSUE.csf, ellipsoid(u, v, w, 0, -13, 1, 2.4 + 0.5 * fullness, 15, 10))
  paint.lay(TISSUE.choroid, CHOROID(u, v, w))
  paint.lay(TISSUE.white, FORNIX(u, v, w))
  paint.lay(TISSUE.striatum, ellipsoid(u, v, w, 0, -32, 1.5, 3, 5, 3))
}

function paintStem(paint: Paint, u: number, v: number, w: number): void {
  if (u > 32) return
  paint.lay(TISSUE.stem, join(MIDDLE_PEDUNCLE(u, v, w), ellipsoid(u, v, w, 0, -26, -30, 18, 13, 14), 4))
  paint.lay(TISSUE.stem, ellipsoid(u, v, w, 0, -26, -11, 16, 13, 11))
  paint.lay(TISSUE.white, PEDUNCLE(u, v, w))
  paint.lay(
    TISSUE.csf,
    Math.max(ellipsoid(u, v, w, 0, -12, -13, 4, 10, 7), -ellipsoid(u, v, w, 0, -27, -11, 12, 11, 12)),
  )
  paint.lay(TISSUE.stem, MEDULLA(u, v, w))
  paint.lay(TISSUE.csf, ellipsoid(u, v, w - 0.12 * (v + 44), 0, -45, -31, 8 - 0.25 * Math.max(0, -v - 40), 7, 10))
  paint.lay(TISSUE.csf, AQUEDUCT(u, v, w))
}

function paintVessels(paint: Paint, u: number, v: number, w: number, cranium: number): void {
  if (cranium > -9) {
    if (v < 60 && w > (v < 30 ? -20 : 20))
      paint.lay(TISSUE.vein, Math.max(u - 1.2 - 0.35 * (7 + cranium), -cranium - 8, cranium))
    if (v < -48) paint.lay(TISSUE.vein, Math.hypot(w - tentorium(u, v), cranium + 3.4) - 3)
  }
  paint.lay(TISSUE.vein, STRAIGHT_SINUS(u, v, w))
  if (w < 45 && v > -60)
    paint.lay(
      TISSUE.vein,
      Math.min(MIDDLE_ARTERY(u, v, w), ANTERIOR_ARTERY(u, v, w), BASILAR(u, v, w), CAROTID(u, v, w)),
    )
}

/** A brain whose folds, gaps and ventricle size follow from the seed. */
export function createBrain(random: Random): Brain {
  const folds = createWaves(random, 21, 15)
  const sideFolds = createWaves(random, 30, 13)
  const furrows = createWaves(random, 38, 7)
  const bends = createWaves(random, 95, 4)
  const folia = createWaves(random, 6.4, 12)
  const arbor = createWaves(random, 15, 9)
  const ribbon = random.between(2.5, 2.9)
  const gap = random.between(2, 3)
  const furrowWidth = random.between(0.1, 0.35)
  const fullness = random.between(-0.6, 0.9)

  const cerebrumAt = (u: number, v: number, w: number, cranium: number, bend: number, furrow: number) => {
    const hull = cranium + gap + 0.8 * furrow
    const fissure = Math.max(u - 1.3, -callosalDistance(v, w))
    const cistern = ellipsoid(u, v, w, 0, -16, -23, 19, 18, 16)
    const sheet = w + 1 + 0.3 * v - 2.5 * bend
    const sylvian = Math.min(
      Math.max(Math.abs(sheet + 1.5 * furrow) - 0.8, 37 - u, Math.abs(v + 8) - 30),
      Math.max(Math.abs(u - 37 + 1.5 * bend + 1.6 * furrow) - 0.8, Math.abs(sheet - 2) - 11, Math.abs(v - 2) - 22),
    )
    return Math.max(hull, -fissure, -posteriorFossa(u, v, w) + 1.2, -cistern, -sylvian)
  }

  const furrowAt = (x: number, v: number, w: number, depth: number, pressure: number) => {
    if (depth > 27) return 20
    // Deeper down the folds are read from farther out, so that furrows run inwards like those of a cortex.
    const r = Math.sqrt((x / 66) ** 2 + ((v + 18) / 86) ** 2 + ((w - 6) / 70) ** 2)
    const stretch = Math.max(0.3, r) ** -0.45
    const main = Math.abs(folds.distance(x * stretch, (v + 18) * stretch, (w - 6) * stretch)) / stretch
    const open = furrowWidth + 0.8 * Math.exp(-Math.max(0, depth) / 3) - 0.5 * pressure
    const bottom = Math.max(5, 15 + 5 * furrows.at(v, w, x)) * (1 - 0.6 * pressure)
    const deep = Math.max(main - open, depth - bottom)
    if (depth > 14) return deep
    const side = Math.abs(sideFolds.distance(x * stretch, (v + 18) * stretch, (w - 6) * stretch)) / stretch
    return Math.min(deep, Math.max(side - open + 0.1, depth - 0.6 * bottom))
  }

  const paintCerebellum = (paint: Paint, x: number, u: number, v: number, w: number, cranium: number) => {
    const lobes = join(ellipsoid(u, v, w, 25, -62, -35, 34, 32, 28), ellipsoid(u, v, w, 0, -66, -31, 18, 30, 28), 8)
    const cerebellum = Math.max(lobes, cranium + 2.6, posteriorFossa(u, v, w) + 1.6)
    if (cerebellum > 1) return
    const between = Math.max(Math.abs(folia.distance(0.5 * x, 0.6 * v, 1.5 * w)) + 0.1, -cerebellum - 9)
    paint.lay(TISSUE.cerebellar, Math.max(cerebellum, -between))
    const branches = Math.max(Math.abs(arbor.distance(x, v, 1.3 * w)) - 0.9, cerebellum + 3.5)
    paint.lay(TISSUE.white, join(branches, ellipsoid(u, v, w, 19, -55, -35, 17, 12, 9), 2))
  }

  return {
    paint(paint, xHere, vHere, wHere, cranium, tumour) {
      paint.lay(TISSUE.dura, cranium)
      paint.lay(TISSUE.csf, cranium + 0.7)
      let xOld = xHere
      let v = vHere
      let w = wHere
      if (tumour !== undefined) {
        const shrink = tumour.shrink(xHere, vHere, wHere, -cranium)
        xOld = tumour.centre[0] + (xHere - tumour.centre[0]) * shrink
        v = tumour.centre[1] + (vHere - tumour.centre[1]) * shrink
        w = tumour.centre[2] + (wHere - tumour.centre[2]) * shrink
      }
      const bend = bends.at(xOld, v, w)
      const x = xOld - 0.6 * bend
      const u = Math.abs(x)
      const cerebrum = cerebrumAt(u, v, w, cranium, bend, furrows.at(x, v, w))
      if (u < 2 && cerebrum > 0) paint.lay(TISSUE.dura, Math.max(u - 0.5, 10 - callosalDistance(v, w), -12 - w))
      if (w > -35 && w < 15) paint.lay(TISSUE.dura, Math.abs(posteriorFossa(u, v, w) + 0.2) - 0.4)
      if (cerebrum < 1) {
        // Swelling closes the furrows around a tumour.
        const pressure = tumour?.pressure(xHere, vHere, wHere) ?? 0
        const cortex = Math.max(cerebrum, -furrowAt(x, v, w, -cerebrum, pressure))
        paint.lay(TISSUE.grey, cortex)
        paint.lay(TISSUE.white, cortex + ribbon)
        if (u < 19) paint.lay(TISSUE.white, Math.max(CALLOSUM(u * 0.35, v, w) - 0.6, u - 18))
        paint.lay(TISSUE.grey, HIPPOCAMPUS(u, v, w))
        // The tumour lies where it is now; the white matter was looked up where it was.
        tumour?.paintOedema(paint, xHere, vHere, wHere, cortex + ribbon)
      }
      if (w < 14 && v < 6) {
        if (w < 4) paintCerebellum(paint, x, u, v, w, cranium)
        paintStem(paint, u, v, w)
      }
      if (cerebrum < 3 || (u < 12 && w < 12)) paintDeep(paint, u, v, w, fullness)
      paintVessels(paint, u, v, w, cranium)
      tumour?.paintCore(paint, xHere, vHere, wHere, Math.max(cerebrum, cranium + 3))
    },
  }
}
