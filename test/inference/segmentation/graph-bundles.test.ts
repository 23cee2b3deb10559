// Whole graphs through the inference process, against what training/examples/graph_oracle.py makes of the same files.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Grid, Vec3, Volume } from '../../../src/domain/volume.ts'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { channelOrder } from '../../../src/inference/bundle/manifest.ts'
import { startRunner } from '../../../src/inference/runtime/runner.ts'
import { normalise } from '../../../src/inference/segmentation/normalise.ts'
import { axial, paint, readJson, silent } from '../support.ts'

const folderOf = (name: string) => fileURLToPath(new URL(`../../support/bundles/${name}`, import.meta.url))

interface Case {
  missing: string[]
  first: { size_zyx: number[]; origin: number[]; spacing: number[] }
  stages: { stage: string; size_zyx?: number[]; skipped?: true }[]
  grid: { shape_zyx: number[]; spacing: number[]; origin: number[] }
  voxels: number[]
  probabilities: number[][]
  deviation: number[]
  sums: number[]
  samples: { voxels: number[]; labels: number[] }[]
  near: number[]
}

/** The formula of make_graph_fixtures.py. */
function head(sequence: string, [x, y, z]: Vec3): number {
  const inside = (cx: number, cy: number, cz: number, rx: number, ry: number, rz: number) =>
    ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 < 1
  const c = ['T1', 'T1c', 'T2', 'FLAIR'].indexOf(sequence)
  const grain = 6 * Math.sin(x / 3 + c) + 5 * Math.cos(y / 4 - z / 5) + 4 * Math.sin(z / 2.3 + (x * y) / 90)
  let out = inside(27.3, 35.1, 23.6, 24.2, 30.7, 20.1) ? 45 + 5 * c : 0
  if (inside(27.9, 36.2, 24.3, 19.4, 25.3, 15.7) || inside(22.1, 22.3, 20.4, 10.3, 8.2, 7.1)) out = 100 + 10 * c + grain
  if (inside(33.3, 28.2, 26.1, 9.2, 7.3, 6.1)) out += [-22, 4, 55, 75][c]!
  if (inside(34.6, 27.1, 27.2, 6.1, 5.2, 4.3)) out += [-6, 62, 8, 6][c]!
  if (inside(35.2, 26.6, 27.5, 2.9, 2.7, 2.2)) out -= [12, 66, -20, 10][c]!
  if (inside(20.2, 47.3, 21.4, 2.9, 2.2, 2.5)) out += [5, 50, 50, 70][c]!
  return out
}

const xyz = ([z, y, x]: number[]): Vec3 => [x!, y!, z!]

async function run(name: string, { missing, first }: Case) {
  const bundle = await loadBundle(folderOf(name))
  const order = channelOrder(bundle)
  const imagesOn = (grid: Grid): (Volume<Float32Array> | null)[] =>
    order.map((sequence) => (missing.includes(sequence) ? null : paint(grid, (point) => head(sequence, point))))
  const rules = bundle.graph.stages[0]!.normalisation!
  if (rules.name === 'mask-zscore') throw new Error('no mask is there before the first stage')
  const start = axial(xyz(first.size_zyx), first.spacing as unknown as Vec3, first.origin as unknown as Vec3)
  const channels = imagesOn(start).map((image, c) => image && normalise(image, rules, order[c]!))
  const runner = await startRunner({ bundle, providers: ['cpu'], threads: 1, timeoutMs: 60_000, log: silent })
  try {
    const fractions: number[] = []
    const response = await runner.segment({ channels, imagesOn }, (fraction) => fractions.push(fraction))
    return { response, fractions }
  } finally {
    await runner.close()
  }
}

describe('a graph of networks', () => {
  const cases = ['cascade', 'student', 'nnunet-cascade'].flatMap((name) =>
    (readJson(join(folderOf(name), 'golden.json')).cases as Case[]).map((want) => ({
      name,
      missing: want.missing,
      want,
    })),
  )
  it.each(cases)('answers as the oracle does: $name without $missing', async ({ name, want }) => {
    const { response, fractions } = await run(name, want)
    const { grid, probabilities, samples, deviation, execution } = response
    expect(grid.size).toEqual(xyz(want.grid.shape_zyx))
    for (const axis of [0, 1, 2]) {
      expect(grid.origin[axis]).toBeCloseTo(want.grid.origin[axis]!, 6)
      expect(grid.spacing[axis]).toBeCloseTo(want.grid.spacing[axis]!, 9)
    }
    if (want.stages.length > 1)
      expect(execution.stages!.map(({ stage, size, skipped }) => [stage, size ?? (skipped ? 'skipped' : '')])).toEqual(
        want.stages.map(({ stage, size_zyx: size }) => [stage, size ? xyz(size) : 'skipped']),
      )
    expect(want.near).toEqual([])
    for (const [k, values] of want.probabilities.entries()) {
      for (const [n, value] of values.entries()) expect(probabilities[k]![want.voxels[n]!]).toBeCloseTo(value, 4)
      const sum = probabilities[k]!.reduce((a, b) => a + b, 0)
      expect(Math.abs(sum - want.sums[k]!)).toBeLessThan(1e-4 * want.sums[k]! + 0.5)
    }
    for (const [n, value] of want.deviation.entries()) expect(deviation![want.voxels[n]!]).toBeCloseTo(value, 4)
    expect(samples).toHaveLength(want.samples.length)
    for (const [s, { voxels, labels }] of want.samples.entries()) {
      expect(want.voxels.map((v) => samples[s]!.labels[v])).toEqual(labels)
      const counts = [0, 0, 0, 0]
      for (const label of samples[s]!.labels) counts[label]!++
      for (const [label, count] of voxels.entries()) expect(Math.abs(counts[label]! - count)).toBeLessThanOrEqual(2)
    }
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
    expect(fractions.at(-1)).toBe(1)
  })

  it('is refused when the images show no brain, with the stage and the mask', async () => {
    const bundle = await loadBundle(folderOf('cascade'))
    const flat = paint(axial([16, 16, 16], [2, 2, 2]), () => -3)
    const runner = await startRunner({ bundle, providers: ['cpu'], threads: 1, timeoutMs: 60_000, log: silent })
    try {
      const request = { channels: [flat, flat, flat, null], imagesOn: () => [] }
      await expect(runner.segment(request)).rejects.toMatchObject({
        code: 'INPUT_IMPLAUSIBLE',
        message: 'the stage whole of the bundle cannot run: nothing is inside the mask brain',
      })
    } finally {
      await runner.close()
    }
  })

  it('does not start with a network of another shape than its stage says', async () => {
    const bundle = structuredClone(await loadBundle(folderOf('cascade')))
    const { core } = bundle.graph.networks
    if (core?.inferer.name !== 'SliceInferer') throw new Error('the fixture has this network')
    core.inferer.context = 1
    const start = startRunner({ bundle, providers: ['cpu'], threads: 1, timeoutMs: 60_000, log: silent })
    await expect(start).rejects.toMatchObject({
      code: 'INFERENCE_UNAVAILABLE',
      message: expect.stringContaining('core: '),
    })
  })
})
