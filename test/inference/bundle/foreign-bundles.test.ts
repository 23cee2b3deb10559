// Bundles that training/examples made from MONAI, nnU-Net and scikit-learn, against what those tools themselves answered.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Volume } from '../../../src/domain/volume.ts'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import type { LoadedBundle } from '../../../src/inference/bundle/manifest.ts'
import { channelOrder } from '../../../src/inference/bundle/manifest.ts'
import { evaluateHead } from '../../../src/inference/heads/evaluate-head.ts'
import { startRunner } from '../../../src/inference/runtime/runner.ts'
import { openHead } from '../../../src/inference/runtime/session.ts'
import { normalise } from '../../../src/inference/segmentation/normalise.ts'
import { labelsOnGrid } from '../../../src/inference/segmentation/postprocess.ts'
import { fromManyPatients } from '../../support/heads-bundle.ts'
import { axial, readJson, silent } from '../support.ts'

const folderOf = (name: string) => fileURLToPath(new URL(`../../support/bundles/${name}`, import.meta.url))
const goldenOf = (name: string) => readJson(join(folderOf(name), 'golden.json'))

/** The formula of make_fixtures.py; `everywhere` zeroes a voxel that is zero in any channel. */
function madeUp(channels: number, [nz, ny, nx]: number[], everywhere = false): Volume<Float32Array>[] {
  const grid = axial([nx!, ny!, nz!], [2, 2, 2])
  const holds = (x: number, y: number, z: number, c: number) =>
    x >= 2 && y >= 1 && y < ny! - 3 && z >= 1 && (x + y + z + c) % 11 !== 0
  return Array.from({ length: channels }, (_, c) => ({
    grid,
    data: Float32Array.from({ length: nx! * ny! * nz! }, (_, v) => {
      const x = v % nx!
      const y = Math.floor(v / nx!) % ny!
      const z = Math.floor(v / (nx! * ny!))
      const present = everywhere ? [0, 1, 2, 3].every((other) => holds(x, y, z, other)) : holds(x, y, z, c)
      return present ? 100 + 40 * c + ((7 * x + 13 * y + 29 * z + 17 * c + x * y + 3 * y * z) % 211) : 0
    }),
  }))
}

function firstNormalisation({ graph }: LoadedBundle) {
  const rules = graph.stages[0]!.normalisation
  if (!rules || rules.name === 'mask-zscore') throw new Error('these bundles normalise over the head')
  return rules
}

function prepared(bundle: LoadedBundle, images: Volume<Float32Array>[], want: number[][]) {
  const names = channelOrder(bundle)
  const channels = images.map((image, c) => normalise(image, firstNormalisation(bundle), names[c]!))
  for (const [c, values] of want.entries())
    for (const [n, value] of values.entries()) expect(channels[c]!.data[17 * n]).toBeCloseTo(value, 5)
  return channels
}

async function segment(bundle: LoadedBundle, channels: Volume<Float32Array>[]) {
  const runner = await startRunner({ bundle, providers: ['cpu'], threads: 1, timeoutMs: 60_000, log: silent })
  try {
    return (await runner.segment({ channels })).probabilities
  } finally {
    await runner.close()
  }
}

describe('a bundle made from MONAI', () => {
  it('answers what MONAI’s transforms and sliding windows answer, through other axes and padding', async () => {
    const golden = goldenOf('monai')
    const bundle = await loadBundle(folderOf('monai'))
    expect(channelOrder(bundle)).toEqual(['FLAIR', 'T1c'])
    expect(bundle.labels.map(({ key }) => key)).toEqual(['ET', 'ED', 'NCR'])
    const got = await segment(bundle, prepared(bundle, madeUp(2, golden.size_zyx), golden.normalised))
    expect(got).toHaveLength(4)
    for (const [k, values] of (golden.probabilities as number[][]).entries())
      for (const [n, value] of values.entries()) expect(got[k]![golden.voxels[n]]).toBeCloseTo(value, 4)
    expect(Math.min(...golden.leads)).toBeGreaterThan(100)
  })
})

describe('a bundle made from nnU-Net', () => {
  it('labels what nnU-Net’s own rule for regions labels', async () => {
    const golden = goldenOf('nnunet')
    const bundle = await loadBundle(folderOf('nnunet'))
    expect(channelOrder(bundle)).toEqual(['T1', 'T1c', 'T2', 'FLAIR'])
    const channels = prepared(bundle, madeUp(4, golden.size_zyx, true), golden.normalised)
    const got = await segment(bundle, channels)
    const grid = channels[0]!.grid
    const { labels } = labelsOnGrid(got, grid, grid, bundle)
    const near = new Set<number>(golden.near_a_limit)
    const wrong = [...labels.data].filter((label, v) => label !== golden.labels[v] && !near.has(v))
    expect(wrong).toEqual([])
    expect(near.size).toBeLessThan(30)
    expect(new Set(golden.labels)).toEqual(new Set([0, 1, 2, 3]))
  })

  it('gives the adjacent-category probabilities of the regions', async () => {
    const golden = goldenOf('nnunet')
    const bundle = await loadBundle(folderOf('nnunet'))
    const got = await segment(bundle, prepared(bundle, madeUp(4, golden.size_zyx, true), golden.normalised))
    for (const [n, voxel] of (golden.voxels as number[]).entries()) {
      const logits = [0, 1, 2].map((r) => Math.log(golden.regions[r][n] / (1 - golden.regions[r][n])))
      const core = Math.max(logits[1]!, logits[2]!)
      const whole = Math.max(logits[0]!, core)
      const odds = [0, whole, whole + core, whole + core + logits[2]!].map(Math.exp)
      const sum = odds.reduce((a, b) => a + b)
      for (const [k, value] of odds.entries()) expect(got[k]![voxel]).toBeCloseTo(value / sum, 3)
    }
  })
})

/** However many patients there are, nothing beyond 99 % is printed. */
const printed = (p: number) => Math.min(0.99, Math.max(0.01, p))

describe('a head made from scikit-learn', () => {
  it('answers predict_proba of each member, and their mean and interval', async () => {
    const golden = goldenOf('sklearn')
    const { heads } = await loadBundle(folderOf('sklearn'))
    if (heads.idh.status === 'not_evaluable') throw new Error('the fixture has this head')
    const head = fromManyPatients(heads.idh)
    const session = await openHead(readFileSync(join(folderOf('sklearn'), head.file)), head, head.features.length)
    for (const [n, row] of (golden.rows as (number | null)[][]).entries()) {
      const members: number[][] = golden.members[n]
      const raw = await session.run(
        Float32Array.from(row, (v) => v ?? Number.NaN),
        1,
        true,
      )
      for (const [i, value] of members.flat().entries()) expect(raw.members![i]).toBeCloseTo(value, 5)
      const features = Object.fromEntries(head.features.map((name, f) => [name, row[f] ?? Number.NaN]))
      const said = await evaluateHead('idh', head, features, session.run)
      if (said.status === 'not-evaluable') throw new Error(said.reason)
      for (const [k, name] of head.classes.entries()) {
        const mean = members.reduce((sum, m) => sum + m[k]!, 0) / members.length
        expect(said.probabilities[name]).toBeCloseTo(printed(mean), 5)
        for (const end of [0, 1])
          expect(said.intervals[name]![end]).toBeCloseTo(printed(golden.intervals[n][k][end]), 5)
      }
    }
  })

  it('does not answer far from the table that it learnt from', async () => {
    const { heads } = await loadBundle(folderOf('sklearn'))
    if (heads.idh.status === 'not_evaluable') throw new Error('the fixture has this head')
    const features = { age_years: 60, shape_Sphericity: 0.5, t1c_cov: 3 }
    const said = await evaluateHead('idh', heads.idh, features, () => Promise.reject(new Error('must not run')))
    expect(said.status).toBe('not-evaluable')
  })
})
