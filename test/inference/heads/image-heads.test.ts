// Heads that look at the image: a bundle made by training's clipsa against Python's numbers, what it refuses, and where saliency lies.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Prediction } from '../../../src/domain/finding.ts'
import { toPatient, type Vec3 } from '../../../src/domain/volume.ts'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import type { LoadedBundle } from '../../../src/inference/bundle/manifest.ts'
import { parseBundle } from '../../../src/inference/bundle/manifest.ts'
import { encode } from '../../../src/inference/encoder/encode.ts'
import { occlude, saliencyFacts } from '../../../src/inference/encoder/occlusion.ts'
import { explainImage, imageNotes } from '../../../src/inference/encoder/saliency.ts'
import { cutWindow } from '../../../src/inference/encoder/window.ts'
import { predictHeads } from '../../../src/inference/heads/predict.ts'
import { type Runner, startRunner } from '../../../src/inference/runtime/runner.ts'
import { predictFromStudy } from '../../../src/pipeline/predict.ts'
import { axial, readJson, rejection, silent } from '../support.ts'

const folder = fileURLToPath(new URL('../../support/bundles/clipsa', import.meta.url))
const golden = readJson(join(folder, 'golden.json'))
const bundle = await loadBundle(folder)
const [nz, ny, nx] = golden.shape_zyx as [number, number, number]
const grid = axial([nx, ny, nz], [2, 2, 2], [-30, 14, 7])

/** The formula of bundle_golden.py. */
const channels = [0, 1, 2, 3].map((c) =>
  c === golden.missing
    ? null
    : {
        grid,
        data: Float32Array.from({ length: nx * ny * nz }, (_, v) => {
          const [x, y, z] = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))]
          return Math.sin(0.7 * x + c) + Math.cos(0.4 * y - 0.3 * z * c) + 0.05 * z
        }),
      },
)
const labels = new Uint8Array(nx * ny * nz)
for (const [x, y, z] of [
  [4, 5, 2],
  [5, 5, 2],
  [5, 6, 3],
] as const)
  labels[x + nx * (y + ny * z)] = 3

const near = (got: ArrayLike<number>, want: readonly number[]) => {
  expect(got).toHaveLength(want.length)
  for (const [n, value] of want.entries())
    expect(Math.abs(got[n]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
}

async function withRunner<T>(of: LoadedBundle, use: (runner: Runner) => Promise<T>): Promise<T> {
  const runner = await startRunner({ bundle: of, providers: ['cpu'], threads: 1, timeoutMs: 60_000, log: silent })
  try {
    return await use(runner)
  } finally {
    await runner.close()
  }
}

/** The made-up image is like no patient: the guard of the joint head is opened. */
function opened(minCosine: number): LoadedBundle {
  const { survival } = bundle.heads
  const { encoder } = bundle
  if (survival.status === 'not_evaluable' || !encoder?.library) throw new Error('the fixture has this head')
  const guard = { ...survival.guard, limit: 1e12 }
  return {
    ...bundle,
    encoder: { ...encoder, library: { ...encoder.library, least_cosine: minCosine } },
    heads: { ...bundle.heads, survival: { ...survival, guard } },
  }
}

async function predict(of: LoadedBundle, runner: Runner) {
  const window = cutWindow(channels, grid, labels, of.encoder!)!
  const encoded = await encode(window.data, of, runner)
  const features = { age_years: golden.age_years, ...encoded.features }
  const found = await predictHeads({ bundle: of, features, encoded, noFinding: false, missing: [], runner })
  return { window, encoded, features, predictions: found.predictions }
}

const survivalOf = (predictions: readonly Prediction[]) => predictions.find(({ head }) => head === 'survival')!

describe('a bundle with encoder, library and joint head', () => {
  it('cuts the window that Python cuts, with the lowest value around and zeros for a missing sequence', () => {
    const { data, size, start } = cutWindow(channels, grid, labels, bundle.encoder!)!
    expect([size, start]).toEqual([
      [8, 8, 8],
      [2, 1, -1],
    ])
    const every: number[] = []
    for (let c = 0; c < 4; c++)
      for (let z = 0; z < 8; z += 3)
        for (let y = 0; y < 8; y += 3) for (let x = 0; x < 8; x += 3) every.push(data[x + 8 * (y + 8 * (z + 8 * c))]!)
    near(every, golden.window)
  })

  it('gives, step by step, Python’s embedding, proxy, cosines, risk and members to 1e-5', async () => {
    await withRunner(opened(-1), async (runner) => {
      const { window, encoded, features, predictions } = await predict(opened(-1), runner)
      const { embedding } = await runner.encode(window.data)
      near(embedding!, golden.embedding)
      const numbers = (kind: string, n: number) =>
        Array.from({ length: n }, (_, i) => (features as Record<string, number>)[`${kind}_${i + 1}`]!)
      near(numbers('image', golden.features.length), golden.features)
      near(numbers('proxy', golden.proxy.length), golden.proxy)
      near(encoded.similar!.cosines, golden.cosines)
      const { survival } = bundle.heads
      if (survival.status === 'not_evaluable') throw new Error('the fixture has this head')
      expect(survival.features.at(-1)).toBe('age_years')
      const rows = Float32Array.from([...golden.features, ...golden.proxy, golden.age_years])
      const { output, members } = await runner.runHead({ head: 'survival', rows, count: 1, members: true })
      near(output, golden.log_risk)
      near(members!, golden.members)
      const said = survivalOf(predictions)
      if (said.status === 'not-evaluable') throw new Error(said.reason)
      // From end to end single precision costs a digit more: features that differ by 1e-6 are weighted and summed.
      expect(said.survival!.logRisk).toBeCloseTo(golden.log_risk[0], 4)
      expect(said.similar).toEqual({ cosines: encoded.similar!.cosines, of: bundle.library!.facts.rows })
      expect(said.explanation.map(({ feature }) => feature).sort()).toEqual(['age_years', 'image', 'similar patients'])

      const explained = await explainImage({
        predictions,
        bundle: opened(-1),
        features,
        window,
        grid,
        labels,
        runner,
      })
      expect(explained.maps.map(({ head }) => head)).toEqual(['survival'])
      const texts = imageNotes(explained.predictions, bundle.labels).map(({ text }) => text)
      expect(texts[0]).toMatch(/^Survival: leans on the most alike of \d+ past patients \(cosine, nearest first: 1\. /)
      expect(texts[1]).toMatch(/^Survival: hiding blocks of 4 × 4 × 4 mm moved the risk of death most around LPS \(/)
      for (const id of bundle.library!.facts.ids) expect(texts.join()).not.toContain(id)
    })
  })

  it('is part of an analysis: prediction, sentences and map come from the prepared channels', async () => {
    const big = Uint8Array.from(labels, (_, v) => {
      const [x, y, z] = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))]
      return x >= 3 && x < 8 && y >= 3 && y < 8 && z >= 1 && z < 5 ? 1 + (x % 3) : 0
    })
    const found = await withRunner(opened(-1), (runner) =>
      predictFromStudy({
        patient: {
          patientId: 'P',
          issuerOfPatientId: '',
          patientName: 'X',
          patientBirthDate: '19640901',
          patientSex: 'F',
        },
        studyDate: '20260301',
        series: [],
        prepared: {
          grid,
          channels,
          imagesOn: () => channels,
          images: [],
          reference: { sequence: 'T1c', volume: channels[1]! },
          onReference: [],
          quality: [],
        },
        segmented: {
          grid,
          samples: [],
          probabilities: [0, 1, 2, 3].map((label) => Float32Array.from(big, (own) => (own === label ? 0.9 : 0.03))),
        },
        labels: { grid, data: big },
        noFinding: false,
        facts: undefined,
        bundle: opened(-1),
        runner,
      }),
    )
    const said = survivalOf(found.predictions)
    if (said.status === 'not-evaluable') throw new Error(said.reason)
    expect(said.survival!.logRisk).toBeCloseTo(golden.log_risk[0], 2)
    expect(said.saliency!.insideTumour).toBeGreaterThan(0)
    expect(found.quality.map(({ code }) => code)).toEqual(['similar-patients', 'saliency'])
    const [own] = found.saliency
    expect([own!.head, own!.map.grid]).toEqual(['survival', grid])
    expect(own!.map.data.some((value) => value !== 0)).toBe(true)
  })

  it('does not answer when even the nearest past patient is not alike, nor far from the training data', async () => {
    await withRunner(opened(1), async (runner) => {
      const { predictions } = await predict(opened(1), runner)
      expect(survivalOf(predictions)).toMatchObject({
        reason: expect.stringMatching(
          /^Unlike every past patient of the model's library: the nearest has a cosine of 0\.\d\d, below 1\.00\.$/,
        ),
      })
      const guarded = await predict(bundle, runner)
      expect(survivalOf(guarded.predictions)).toMatchObject({ reason: expect.stringMatching(/^Unlike /) })
    })
  })

  it('is refused when encoder, library or features do not fit', async () => {
    const manifest = readJson(join(folder, 'bundle.json'))
    const { encoder: _none, ...without } = manifest
    expect(() => parseBundle(without)).toThrow(/heads\.survival\.features: image_1 is not given by the encoder/)
    const narrow = { ...manifest, encoder: { ...manifest.encoder, width: 2 } }
    expect(() => parseBundle(narrow)).toThrow(/image_3 is not given by the encoder/)
    const unlisted = { ...manifest, encoder: { ...manifest.encoder, file: 'other.onnx' } }
    expect(() => parseBundle(unlisted)).toThrow(/encoder: other\.onnx is not listed in files/)
    const wrong = { ...bundle, encoder: { ...bundle.encoder!, output: 'embedding' } }
    expect((await rejection(withRunner(wrong, async () => {}))).message).toMatch(
      /encoder: output "embedding" has \d+ numbers/,
    )
    const copy = await mkdtemp(join(tmpdir(), 'clipsa-'))
    try {
      await cp(folder, copy, { recursive: true })
      const matrix = await readFile(join(copy, 'library.bin'))
      matrix[8]! ^= 1
      await writeFile(join(copy, 'library.bin'), matrix)
      expect((await rejection(loadBundle(copy))).message).toMatch(/library\.bin has sha256/)
    } finally {
      await rm(copy, { recursive: true })
    }
  })
})

describe('the window', () => {
  it('has the tumour in its middle and nothing far from it, where the bundle asks for that', () => {
    const rules = { size: [3, 3, 3], centre: 'tumour', tumour_margin_mm: 0 } as const
    const { data, start, present } = cutWindow(channels, grid, labels, { ...rules, size: [...rules.size] })!
    // Centre of mass, from the outer face: (5.17, 5.83, 2.83); less 1.5.
    expect(start).toEqual([3, 4, 1])
    expect(present).toEqual([true, true, false, true])
    const own = channels[0]!.data
    const least = own.reduce((a, b) => Math.min(a, b))
    const seen = [...data.subarray(0, 27)].filter((value) => value !== least)
    expect(seen).toEqual([own[4 + nx * (5 + ny * 2)], own[5 + nx * (5 + ny * 2)], own[5 + nx * (6 + ny * 3)]])
    expect(
      cutWindow(channels, grid, new Uint8Array(labels.length), { size: [3, 3, 3], centre: 'tumour' }),
    ).toBeUndefined()
  })
})

describe('occlusion', () => {
  it('finds the one place that an answer depends on, in patient coordinates', async () => {
    const wide = axial([17, 14, 11], [2, 2, 2], [-41, 9, 63])
    const at: Vec3 = [11, 4, 7]
    const tumour = new Uint8Array(17 * 14 * 11)
    for (let k = 5; k < 9; k++)
      for (let j = 3; j < 9; j++) for (let i = 6; i < 13; i++) tumour[i + 17 * (j + 14 * k)] = i < 10 ? 2 : 3
    const volume = { grid: wide, data: Float32Array.from({ length: tumour.length }, (_, v) => 1 + (v % 7) / 10) }
    const encoder = { size: [9, 12, 15] as [number, number, number], centre: 'head' as const }
    const window = cutWindow([null, volume], wide, tumour, encoder)!
    const count = 9 * 12 * 15
    const planted = count + at[0] - window.start[0] + 15 * (at[1] - window.start[1] + 12 * (at[2] - window.start[2]))
    let asked = 0
    const scoresOf = async (data: Float32Array) => {
      asked++
      expect(data.subarray(0, count).every((value) => value === 0)).toBe(true)
      return [5 * data[planted]!, -data[planted]!]
    }
    const rules = { block_voxels: 3, stride_voxels: 1, margin_mm: 2, baseline: 0 }
    const [map, against] = await occlude({ window, grid: wide, labels: tumour, rules, scoresOf })
    const strongest = map!.data.indexOf(Math.max(...map!.data))
    const peak: Vec3 = [strongest % 17, Math.floor(strongest / 17) % 14, Math.floor(strongest / (17 * 14))]
    expect(toPatient(wide, peak)).toEqual(toPatient(wide, at))
    expect(toPatient(wide, at)).toEqual([-19, 17, 77])
    expect(map!.data[strongest]).toBeCloseTo(5 * volume.data[strongest]!, 4)
    expect(against!.data[strongest]).toBeCloseTo(-volume.data[strongest]!, 4)
    expect(map!.data.every((value, v) => value === 0 || tumour[v]! > 0 || Math.abs((v % 17) - 9) <= 4)).toBe(true)
    expect(asked).toBeGreaterThan(100)
    const segments = [
      { label: 2, key: 'ED' },
      { label: 3, key: 'ET' },
    ]
    const facts = saliencyFacts(map!, tumour, segments, 3)!
    for (const [axis, mm] of facts.centre.entries()) expect(Math.abs(mm - [-19, 17, 77][axis]!)).toBeLessThan(1)
    expect(facts.blockMm).toEqual([6, 6, 6])
    expect(facts.segments.ET).toBeGreaterThan(0.5)
    expect(facts.insideTumour).toBeCloseTo(facts.segments.ED! + facts.segments.ET!, 12)
    expect(saliencyFacts({ grid: wide, data: new Float32Array(tumour.length) }, tumour, segments, 3)).toBeUndefined()
  })
})
