// Pictures and outlines of a slice: the PNG as another library reads it, and outlines as they are traced over the whole slice.
import { decode } from 'fast-png'
import { expect, it } from 'vitest'
import { traceOutlines } from '../../src/reports/contours.ts'
import { greyPng } from '../../src/viewer/grey-png.ts'
import { drawSlices, outlinesOn } from '../../src/viewer/pictures.ts'

it.each([
  [1, 1],
  [7, 3],
  [256, 1024],
])('a picture of %i x %i pixels is read back as it was', async (width, height) => {
  const pixels = Uint8Array.from({ length: width * height }, (_, at) => (at * 2654435761) >>> 24)
  const read = decode(await greyPng(pixels, width, height), { checkCrc: true })
  expect([read.width, read.height, read.channels, read.depth]).toEqual([width, height, 1, 8])
  expect(Buffer.compare(Buffer.from(read.data as Uint8Array), Buffer.from(pixels))).toBe(0)
})

it('shows each slice in its window, one below the other', async () => {
  const values = Uint16Array.from([0, 100, 140, 200, 300, 65535])
  const png = await drawSlices(
    [
      { values, window: [100, 200] },
      { values, window: [0, 300] },
    ],
    { width: 3, height: 2 },
  )
  expect([...decode(png).data]).toEqual([0, 0, 102, 255, 255, 255, 0, 85, 119, 170, 255, 255])
})

it('has the outlines that the whole slice has, wherever a label lies, also at the edges', () => {
  const [width, height] = [40, 31]
  let seed = 5
  const next = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return (seed >>> 8) % below
  }
  for (let round = 0; round < 40; round++) {
    const labels = new Uint16Array(width * height)
    for (let blob = 0; blob < 6; blob++) {
      const [u0, v0, wide, high, label] = [next(width), next(height), 1 + next(12), 1 + next(9), 1 + next(3)]
      for (let v = v0; v < Math.min(height, v0 + high); v++)
        for (let u = u0; u < Math.min(width, u0 + wide); u++) labels[u + width * v] = label
    }
    const outlines = outlinesOn(labels, { width }, false)
    expect(outlines.map(({ label }) => label).sort()).toEqual([...new Set(labels)].filter((one) => one > 0).sort())
    for (const { label, polygons } of outlines) {
      const mask = Float32Array.from(labels, (one) => (one === label ? 1 : 0))
      const whole = traceOutlines(mask, width, height)
      expect(polygons).toEqual(whole.map((outline) => outline.map(([u, v]) => [u + 0.5, v + 0.5])))
    }
    const spans = outlines.map(({ polygons }) => {
      const [us, vs] = [0, 1].map((axis) => polygons.flatMap((polygon) => polygon.map((point) => point[axis]!)))
      return (Math.max(...us!) - Math.min(...us!)) * (Math.max(...vs!) - Math.min(...vs!))
    })
    expect(spans).toEqual(spans.toSorted((a, b) => b - a))
  }
})
