// Everything outside the skull's inner table: bone, scalp, orbits, sinuses, airway, neck.
import type { Paint } from './paint.ts'
import type { Random } from './prng.ts'
import { createTube, ellipsoid, join } from './shapes.ts'
import { TISSUE } from './signal.ts'
import { createWaves } from './waves.ts'

// Paths as distance from the midline, v, w, radius in atlas mm (see head.ts).
const ORBIT_APEX = createTube([
  [27, 50, -36, 12],
  [15, 22, -30, 4],
])
const OPTIC_NERVE = createTube([
  [15, 20, -29, 2],
  [29, 52, -36.5, 2.1],
])
const EYE_MUSCLES = (
  [
    [0, 11],
    [0, -11],
    [10, 0],
    [-10, 0],
  ] as const
).map(([du, dw]) =>
  createTube([
    [16, 26, -31, 1.4],
    [29 + 0.8 * du, 50, -36 + 0.8 * dw, 2],
    [31 + du, 62, -37 + dw, 1],
  ]),
)
const JAW = createTube([
  [4, 84, -112, 5],
  [24, 72, -112, 5],
  [44, 22, -104, 5],
  [48, 4, -66, 4.5],
])
const PHARYNX = createTube([
  [0, 24, -58, 7],
  [0, 10, -72, 7.5],
  [0, 3, -100, 7],
  [0, 2, -150, 8],
])
const CLIVUS = createTube([
  [0, 4, -40, 8],
  [0, -20, -66, 5],
])
const VERTEBRAE = createTube([
  [0, -17, -70, 9],
  [0, -26, -160, 10],
])
const CANAL = createTube([
  [0, -46, -66, 11],
  [0, -48, -160, 8.5],
])
const CORD = createTube([
  [0, -45, -70, 6],
  [0, -48, -160, 5],
])
const NECK = createTube(
  [
    [0, -22, -70, 52],
    [0, -24, -190, 50],
  ],
  40,
)
const NOSE = createTube(
  [
    [0, 82, -34, 5.5],
    [0, 97, -58, 9],
  ],
  20,
)
const EAR_CANAL = createTube([
  [92, -20, -31, 4],
  [54, -20, -33, 2.5],
])

export interface Face {
  /** Signed distance of the skin in atlas mm. */
  skin(x: number, v: number, w: number, cranium: number): number
  /** Lays scalp, muscle, bone, orbits and airways; `skin` and `cranium` are signed distances. */
  paint(paint: Paint, x: number, v: number, w: number, skin: number, cranium: number): void
}

/** Scalp, skull and face whose thicknesses follow from the seed. */
export function createFace(random: Random): Face {
  const slow = createWaves(random, 70, 5)
  const planes = createWaves(random, 30, 9)
  const turbinates = createWaves(random, 14, 7)
  const cells = createWaves(random, 7, 9)
  const scalp = random.between(6, 8)
  const boneBase = random.between(5.6, 7)

  const boneAt = (x: number, v: number, w: number) =>
    boneBase + 0.8 * slow.at(x, v, w) + (w < -10 ? Math.min(2.5, (-10 - w) * 0.1) : 0)

  const paintOrbit = (paint: Paint, u: number, v: number, w: number) => {
    if (v < 10 || w > -12 || w < -62 || u > 56) return
    const orbit = join(ellipsoid(u, v, w, 31, 58, -36, 18, 19, 17), ORBIT_APEX(u, v, w), 6)
    paint.lay(TISSUE.bone, orbit - 1.6)
    paint.lay(TISSUE.fat, orbit)
    for (const muscle of EYE_MUSCLES) paint.lay(TISSUE.muscle, muscle(u, v, w))
    paint.lay(TISSUE.white, OPTIC_NERVE(u, v, w))
    const eye = ellipsoid(u, v, w, 31, 63, -37, 12, 12.3, 12)
    paint.lay(TISSUE.muscle, eye - 1)
    paint.lay(TISSUE.vitreous, eye)
    paint.lay(TISSUE.lens, ellipsoid(u, v, w, 31, 71, -37, 4.5, 2.2, 4.5))
  }

  const paintAirways = (paint: Paint, x: number, u: number, v: number, w: number) => {
    if (v < -45 || w > 8) return
    const nasal = ellipsoid(u, v, w, 0, 58, -57, 14, 36, 23)
    paint.lay(TISSUE.bone, nasal - 1.5)
    paint.lay(TISSUE.mucosa, nasal)
    paint.lay(TISSUE.air, Math.max(nasal + 1.5, Math.abs(turbinates.distance(x, 0.35 * v, w)) - 0.9, 0.9 - u))
    const maxillary = ellipsoid(u, v, w, 27, 52, -64, 12, 16, 14)
    paint.lay(TISSUE.bone, maxillary - 1.6)
    paint.lay(TISSUE.mucosa, maxillary)
    paint.lay(TISSUE.air, maxillary + 1 + (x > 0 ? 0 : 1.2))
    const ethmoid = ellipsoid(u, v, w, 0, 46, -37, 11, 20, 11)
    paint.lay(TISSUE.mucosa, ethmoid)
    paint.lay(TISSUE.air, Math.max(ethmoid + 0.8, -Math.abs(cells.distance(x, v, w)) + 0.8))
    const sphenoid = ellipsoid(u, v, w, 0, 16, -41, 13, 11, 10)
    paint.lay(TISSUE.bone, sphenoid - 2)
    paint.lay(TISSUE.air, Math.max(sphenoid, 0.7 - Math.abs(x - 2.5)))
    const frontal = ellipsoid(x, v, w, 4, 76, -13, 19, 4, 12)
    paint.lay(TISSUE.air, Math.max(frontal, 0.8 - Math.abs(x + 1)))
    paint.lay(TISSUE.gland, ellipsoid(u, v, w, 0, 1, -31, 6.5, 5, 3.6))
    const tongue = ellipsoid(u, v, w, 0, 48, -102, 23, 30, 19)
    paint.lay(TISSUE.bone, Math.max(ellipsoid(u, v, w, 0, 50, -84, 25, 32, 5), w + 86))
    paint.lay(TISSUE.air, Math.max(ellipsoid(u, v, w, 0, 50, -90, 22, 30, 7), -tongue))
    paint.lay(TISSUE.muscle, tongue)
    if (tongue < -4) paint.lay(TISSUE.fat, Math.abs(planes.distance(1.6 * x, v, w)) + 0.1)
    const jaw = JAW(u, v, w)
    paint.lay(TISSUE.bone, jaw - 1.2)
    paint.lay(TISSUE.marrow, jaw + 1.2)
    const pharynx = PHARYNX(u, v, w)
    paint.lay(TISSUE.mucosa, pharynx - 2.2)
    paint.lay(TISSUE.air, pharynx)
  }

  const paintSpine = (paint: Paint, u: number, v: number, w: number) => {
    if (w > -25 || v > 20) return
    const clivus = CLIVUS(u, v, w)
    paint.lay(TISSUE.bone, clivus)
    paint.lay(TISSUE.marrow, clivus + 1.6)
    if (w < -64) {
      const body = Math.max(VERTEBRAE(u, v, w), w + 69)
      paint.lay(TISSUE.disc, body)
      const within = (((w + 76) % 18) + 18) % 18
      paint.lay(TISSUE.bone, Math.max(body - 0.5, Math.abs(within - 9) - 7))
      paint.lay(TISSUE.marrow, Math.max(body + 1.2, Math.abs(within - 9) - 5.8))
      const canal = CANAL(u, v, w)
      paint.lay(TISSUE.marrow, Math.max(canal - 6, v + 42, Math.abs(within - 9) - 6))
      paint.lay(TISSUE.csf, canal)
      paint.lay(TISSUE.stem, CORD(u, v, w))
    }
  }

  return {
    skin(x, v, w, cranium) {
      const u = Math.abs(x)
      const temple = 6 * Math.exp(-(((u - 58) / 22) ** 2) - ((v - 12) / 34) ** 2 - ((w + 14) / 30) ** 2)
      const vault = cranium - boneAt(x, v, w) - scalp - temple - 0.5 * slow.at(w, x, v)
      if (w > 10) return vault
      const face = ellipsoid(u, v, w, 0, 34, -58, 62, 54, 70)
      const neck = NECK(u, v * 0.95, w)
      const nose = NOSE(u, v, w)
      const ear = Math.max(ellipsoid(u, v, w, 82, -24, -30, 9, 16, 28), -ellipsoid(u, v, w, 90, -20, -30, 8, 9, 16))
      return join(join(join(vault, face, 14), neck, 16), Math.min(join(nose, 3, 0.1), ear), 5)
    },
    paint(paint, x, v, w, skin, cranium) {
      const u = Math.abs(x)
      paint.lay(TISSUE.skin, skin)
      paint.lay(TISSUE.fat, skin + 2)
      const bone = boneAt(x, v, w)
      if (cranium > bone - 2) {
        const muscle = Math.max(skin + scalp + (w < -40 ? 2 : 0) + 1.2 * slow.at(v, x, w), -(cranium - bone) - 3)
        paint.lay(TISSUE.muscle, muscle)
        if (w < 0 && muscle < -1)
          paint.lay(TISSUE.fat, Math.max(Math.abs(planes.distance(x, v, 0.45 * w)) - 1, muscle + 1.5))
      }
      paint.lay(TISSUE.bone, cranium - bone)
      paint.lay(TISSUE.marrow, Math.max(cranium - bone + 1.9, 1.9 - cranium))
      if (cranium < -1) return
      const mastoid = ellipsoid(u, v, w, 50, -34, -40, 10, 13, 16)
      paint.lay(TISSUE.bone, mastoid)
      paint.lay(TISSUE.air, Math.max(mastoid + 1.5, -Math.abs(cells.distance(x, v, w)) + 0.9))
      paint.lay(TISSUE.air, EAR_CANAL(u, v, w))
      paintSpine(paint, u, v, w)
      paintAirways(paint, x, u, v, w)
      paintOrbit(paint, u, v, w)
    },
  }
}
