import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { STRUCTURAL } from '../../src/domain/study.ts'
import { type Grid, type LabelVolume, toPatient } from '../../src/domain/volume.ts'
import { makeBoardFigures } from '../../src/reports/board-figures.ts'
import { OVERLAYS, rgbOf } from '../../src/reports/colours.ts'
import { areaOf, traceOutlines } from '../../src/reports/contours.ts'
import { makeKeyFigures, outermostFirst } from '../../src/reports/figures.ts'
import { packFigures, unpackFigures } from '../../src/reports/kept-figures.ts'
import { drawKeyImages, renderKeyImages } from '../../src/reports/key-images.ts'
import { largestLabelPlane, midBrainPlane, samplePlane } from '../../src/reports/plane.ts'
import { turned } from '../../src/reports/turned.ts'
import { COARSE, LESION_CENTRE, OBLIQUE, SAGITTAL, syntheticCase } from '../support/result.ts'

const cases = { sagittal: syntheticCase(SAGITTAL), oblique: syntheticCase(OBLIQUE) }

/** Mean of the points of the polygons' corners. */
function centreOf(polygons: [number, number][][]): [number, number] {
  const points = polygons.flat()
  return [points.reduce((s, p) => s + p[0], 0) / points.length, points.reduce((s, p) => s + p[1], 0) / points.length]
}

describe.each(Object.entries(cases))('key pictures of a %s series', (_, { segmentation, images, result }) => {
  const figures = makeKeyFigures({ segmentation, images, segments: result.segments }, 0.8)

  it('show a lesion in the left hemisphere on the right, a posterior one below the middle', () => {
    for (const { polygons } of figures.outlines) {
      const [x, y] = centreOf(polygons)
      expect(x).toBeGreaterThan(figures.widthMm * 0.6)
      expect(y).toBeGreaterThan(figures.heightMm * 0.53)
    }
  })

  it('have the outline where the picture has the lesion', () => {
    const enhancing = figures.outlines.find((outline) => outline.key === 'ET')!
    const contrast = figures.pictures.find((picture) => picture.sequence === 'T1c')!.grey!
    const perMm = figures.width / figures.widthMm
    // The enhancing rim is the only bright thing inside the skull, so its mean place is that of the outlines.
    const [cx, cy] = centreOf(enhancing.polygons)
    const inner = { x: 0, y: 0, n: 0 }
    for (let v = 0; v < figures.height; v++) {
      for (let u = 0; u < figures.width; u++) {
        const [mx, my] = [u / perMm, v / perMm]
        if (Math.hypot(mx - cx, my - cy) > 26 || contrast[u + v * figures.width]! < 235) continue
        inner.x += mx
        inner.y += my
        inner.n++
      }
    }
    expect(inner.n).toBeGreaterThan(500)
    const outer = enhancing.polygons.reduce((a, b) => (Math.abs(areaOf(a)) > Math.abs(areaOf(b)) ? a : b))
    const [outerX, outerY] = centreOf([outer])
    expect(Math.hypot(inner.x / inner.n - outerX, inner.y / inner.n - outerY)).toBeLessThan(3)
  })

  it('are at a plane through the core, at true scale', () => {
    expect(Math.abs(figures.z - LESION_CENTRE[2])).toBeLessThan(12)
    const area = figures.outlines.reduce(
      (sum, { polygons }) => sum + Math.abs(polygons.reduce((s, p) => s + areaOf(p), 0)),
      0,
    )
    expect(area / figures.areaMm2).toBeGreaterThan(0.9)
    expect(area / figures.areaMm2).toBeLessThan(1.1)
    expect(figures.widthMm / figures.heightMm).toBeCloseTo(0.8, 6)
    // The phantom's head is 184 mm long; the picture holds it and little more.
    expect(figures.heightMm).toBeGreaterThan(184)
    expect(figures.heightMm).toBeLessThan(225)
  })
})

describe.each(Object.entries(cases))('a %s series turned', (_, { segmentation, images, result }) => {
  it('has each voxel where patient space has it, across, down and through', () => {
    const { grid } = segmentation
    for (const voxel of [[0, 0, 0], [3, 5, 2], grid.size.map((n) => n - 1)] as [number, number, number][]) {
      const [x, y, z] = toPatient(grid, voxel)
      for (const [plane, expected] of [
        ['coronal', [x, -z, y]],
        ['sagittal', [y, -z, x]],
      ] as const) {
        const there = turned(segmentation, plane)
        expect(there.data).toBe(segmentation.data)
        for (const [n, mm] of toPatient(there.grid, voxel).entries()) expect(mm).toBeCloseTo(expected[n]!, 6)
      }
    }
  })

  it('shows a lesion on the left on the right of a coronal picture, one behind on the right of a sagittal one, and up what is up', () => {
    const board = makeBoardFigures({ segmentation, segments: result.segments, images })
    expect(board.map(({ planes }) => planes?.map(({ plane }) => plane))).toEqual([
      ['coronal', 'sagittal'],
      ['coronal', 'sagittal'],
    ])
    for (const { planes } of board) {
      const [coronal, sagittal] = planes!
      for (const figures of [coronal!, sagittal!]) {
        const [across, down] = centreOf(figures.outlines.flatMap(({ polygons }) => polygons))
        expect(across).toBeGreaterThan(figures.widthMm * 0.52)
        expect(down).toBeLessThan(figures.heightMm * 0.5)
      }
      expect(Math.abs(coronal!.z - LESION_CENTRE[1])).toBeLessThan(20)
      expect(Math.abs(sagittal!.z - LESION_CENTRE[0])).toBeLessThan(20)
    }
  })
})

describe('key pictures', () => {
  it('keep a place for a missing sequence', () => {
    const { segmentation, images, result } = syntheticCase(COARSE, { sequences: ['T1c', 'FLAIR'] })
    const { pictures } = makeKeyFigures({ segmentation, images, segments: result.segments }, 0.8)
    expect(pictures.map((p) => [p.sequence, p.grey !== undefined])).toEqual([
      ['T1', false],
      ['T1c', true],
      ['T2', false],
      ['FLAIR', true],
    ])
  })

  it('show maps that were used, and keep no place for others', () => {
    const { segmentation, images, result } = syntheticCase(COARSE, { sequences: [...STRUCTURAL, 'rCBV'] })
    const { pictures } = makeKeyFigures({ segmentation, images, segments: result.segments }, 0.8)
    expect(pictures.map((p) => p.sequence)).toEqual([...STRUCTURAL, 'rCBV'])
  })

  it('show the middle of the brain without outlines when nothing was found', () => {
    const { segmentation, images, result } = syntheticCase(SAGITTAL, { lesion: false })
    const figures = makeKeyFigures({ segmentation, images, segments: result.segments }, 0.8)
    // The phantom's vertex is at z = 104.
    expect(figures.z).toBeGreaterThan(20)
    expect(figures.z).toBeLessThan(36)
    expect(figures.areaMm2).toBe(0)
    expect(figures.outlines.every((outline) => outline.polygons.length === 0)).toBe(true)
  })

  it('survive constant images, not-a-number voxels and no images at all', () => {
    const { segmentation, images, result } = syntheticCase(COARSE)
    for (const fill of [0, 7, Number.NaN]) {
      const flat = images.map(({ sequence, image }) => ({
        sequence,
        image: { ...image, data: image.data.map(() => fill) },
      }))
      expect(makeKeyFigures({ segmentation, images: flat, segments: result.segments }, 0.8).pictures).toHaveLength(4)
    }
    const none = makeKeyFigures({ segmentation, images: [], segments: result.segments }, 0.8)
    expect(none.pictures.every((picture) => picture.grey === undefined)).toBe(true)
  })

  it('draw the core over a rim that does not close around it', () => {
    const grid: Grid = { ...COARSE, size: [30, 30, 3] }
    const data = new Uint8Array(30 * 30 * 3)
    for (let at = 0; at < data.length; at++) {
      const [i, j] = [(at % 30) - 15, (Math.floor(at / 30) % 30) - 15]
      const reach = Math.hypot(i, j)
      data[at] = reach < 6 ? 1 : reach < 8 && i < 4 ? 3 : reach < 12 ? 2 : 0
    }
    const { segments } = syntheticCase(COARSE).result
    const figures = makeKeyFigures({ segmentation: { grid, data }, images: [], segments }, 0.8)
    expect(outermostFirst(figures.outlines).map((outline) => outline.key)).toEqual(['ED', 'ET', 'NCR'])
  })

  it('refuse a volume that does not fit its grid', () => {
    const { segmentation, images, result } = syntheticCase(COARSE)
    const broken = { ...segmentation, data: segmentation.data.slice(1) }
    expect(() => makeKeyFigures({ segmentation: broken, images, segments: result.segments }, 0.8)).toThrow(
      'a volume for the report has 95039 voxels, its grid 95040',
    )
  })

  it('come as PNG with coloured outlines in the same place', () => {
    const { segmentation, images, result } = cases.sagittal
    const pictures = renderKeyImages({ segmentation, images, segments: result.segments })
    expect(pictures.map((p) => p.sequence)).toEqual(['T1', 'T1c', 'T2', 'FLAIR'])
    expect(pictures[1]!.alternative).toMatch(
      /^T1 post-contrast, axial S .* with the outline of oedema, enhancing tumour, necrotic core/,
    )
    const { data, width, height } = decode(pictures[3]!.png)
    const wanted = rgbOf(OVERLAYS.ED!.colour)
    let [x, n] = [0, 0]
    for (let at = 0; at < width * height; at++) {
      if (wanted.some((value, c) => data[3 * at + c] !== value)) continue
      x += at % width
      n++
    }
    expect(n).toBeGreaterThan(500)
    expect(x / n / width).toBeGreaterThan(0.6)
    // From what an analysis keeps, the same pictures.
    const figures = makeKeyFigures({ segmentation, images, segments: result.segments }, 0.8)
    const kept = unpackFigures(packFigures(figures))
    expect(drawKeyImages(kept)).toEqual(pictures)
    const damaged = (change: (record: { width: number; outlines: object[] }) => object) =>
      Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(packFigures(figures)).toString()))))
    expect(() => unpackFigures(damaged(({ outlines, ...rest }) => ({ ...rest, outlines: [...outlines, {}] })))).toThrow(
      /do not fit at outlines\.\d\.key/,
    )
    expect(() => unpackFigures(damaged((record) => ({ ...record, width: record.width + 1 })))).toThrow('another size')
  })
})

describe('planes', () => {
  const grid: Grid = {
    size: [9, 7, 5],
    spacing: [2, 3, 4],
    origin: [10, -5, 100],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  }
  const labels = (values: (i: number, j: number, k: number) => number): LabelVolume => {
    const data = new Uint8Array(9 * 7 * 5)
    for (let k = 0; k < 5; k++)
      for (let j = 0; j < 7; j++) for (let i = 0; i < 9; i++) data[i + 9 * (j + 7 * k)] = values(i, j, k)
    return { grid, data }
  }

  it('hit a slice of an axial series exactly', () => {
    const found = largestLabelPlane(
      labels((i, j, k) => (k === 3 && i < 5 && j < 4 ? 1 : k === 1 && i === 4 && j === 3 ? 2 : 0)),
    )
    expect(found!.z).toBe(112)
    // 5 x 2 mm by 4 x 3 mm, counted on a lattice of 1 mm.
    expect(Math.abs(found!.areaMm2 - 120)).toBeLessThanOrEqual(25)
  })

  it('weigh labels as told', () => {
    const volume = labels((i, j, k) => (k === 3 && i < 6 && j < 5 ? 2 : k === 1 && i < 4 && j < 4 ? 1 : 0))
    expect(largestLabelPlane(volume)!.z).toBe(112)
    expect(largestLabelPlane(volume, (label) => (label === 1 ? 3 : 1))!.z).toBe(104)
    expect(largestLabelPlane(labels(() => 0))).toBeUndefined()
  })

  it('interpolate linearly in patient space', () => {
    const volume = {
      grid,
      data: Float32Array.from({ length: 315 }, (_, n) => 2 * (n % 9) + 3 * (Math.floor(n / 9) % 7)),
    }
    // The value is x - 10 + y + 5 in mm, for every z.
    const plane = { x: 11, y: -2.5, z: 103, pixel: 1.5, width: 4, height: 3 }
    const sampled = samplePlane(volume, plane)
    for (let v = 0; v < 3; v++)
      for (let u = 0; u < 4; u++) expect(sampled[u + 4 * v]).toBeCloseTo(1 + 1.5 * u + 2.5 + 1.5 * v, 4)
    expect(Array.from(samplePlane(volume, { ...plane, z: 400 }))).toEqual(new Array(12).fill(0))
  })

  it('find the middle of a thin stack', () => {
    expect(midBrainPlane({ grid, data: new Float32Array(315).fill(9) }, 1)).toBe(108)
  })
})

describe('outlines', () => {
  it('enclose the area of a mask, holes taken off', () => {
    const field = new Float32Array(20 * 16)
    for (let v = 3; v < 12; v++)
      for (let u = 2; u < 16; u++) field[u + 20 * v] = u > 6 && u < 11 && v > 5 && v < 9 ? 0 : 1
    const outlines = traceOutlines(field, 20, 16)
    expect(outlines).toHaveLength(2)
    // Corners are cut by the interpolation: an eighth of a pixel each.
    expect(Math.abs(outlines.reduce((sum, outline) => sum + areaOf(outline), 0))).toBeCloseTo(
      14 * 9 - 0.5 - (4 * 3 - 0.5),
      6,
    )
  })

  it('close at the border, stay apart at saddles, and are none for an empty mask', () => {
    expect(traceOutlines(new Float32Array(12).fill(1), 4, 3)).toHaveLength(1)
    expect(traceOutlines(Float32Array.from([1, 0, 0, 1]), 2, 2).length).toBeGreaterThan(0)
    expect(traceOutlines(new Float32Array(12), 4, 3)).toEqual([])
  })
})
