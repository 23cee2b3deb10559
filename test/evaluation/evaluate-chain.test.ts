import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelRunner } from '../../src/domain/ports/model-runner.ts'
import type { ChainReport } from '../../src/evaluation/chain-scores.ts'
import { formatChainTable } from '../../src/evaluation/chain-table.ts'
import { evaluateChain } from '../../src/evaluation/evaluate-chain.ts'
import { loadBundle } from '../../src/inference/bundle/load.ts'
import type { LoadedBundle } from '../../src/inference/bundle/manifest.ts'
import { randomNumbers, rejection } from '../inference/support.ts'
import { headRunner, makeHeadsBundle } from '../support/heads-bundle.ts'
import { affine, brightIsTumour, inHead, paint, size, still } from './known-tumour.ts'
import { writeNifti } from './nifti-writer.ts'

/** A box off the centre on every axis, `length` voxels long. */
const inBox = (length: number) => (i: number, j: number, k: number) =>
  i > 6 && i < 7 + length && j > 20 && j < 30 && k > 8 && k < 16
const image = (length: number, seed: number, grain: number) => {
  const random = randomNumbers(seed)
  const isIn = inBox(length)
  return paint((i, j, k) => (isIn(i, j, k) ? 900 : inHead(i, j, k) ? 300 : 0) * (1 + grain * (random() - 0.5)))
}

/** Each sample shifts the border by the threshold. */
const runnerFor = (bundle: LoadedBundle): ModelRunner => ({
  ...brightIsTumour(bundle, (flair) =>
    [1.2, 1.25].map((from) => ({ labels: Uint8Array.from(flair, (value) => (value > from ? 3 : 0)) })),
  ),
  ...headRunner,
})

const TABLE = `id,age,sex,idh,1p19q,mgmt,grade,survival_days,event
young,30,F,mutant,intact,,2,1500,0
old,71,M,wildtype,intact,methylated,4,200,1
ageless,,M,wildtype,,,4,,
broken,50,F,mutant,,,3,900,1
elsewhere,50,F,mutant,,,3,900,1
`

describe('the chain from images to calls', () => {
  let folder: string
  let heads: string
  let bundle: LoadedBundle
  beforeAll(async () => {
    heads = await makeHeadsBundle()
    bundle = await loadBundle(heads)
    folder = await mkdtemp(join(tmpdir(), 'chain-'))
    const put = async (name: string, length: number, expert: 'mask' | 'seg' | undefined) => {
      await mkdir(join(folder, name))
      for (const [n, part] of ['t1ce', 'flair'].entries())
        await writeFile(
          join(folder, name, `${name}_${part}.nii.gz`),
          writeNifti({ size, affine, voxels: image(length, 31 + n, part === 'flair' ? 0.3 : 1) }),
        )
      const isIn = inBox(length)
      // No enhancement in the expert's labels: whatever is marked as such is false.
      const voxels = paint((i, j, k) => (isIn(i, j, k) ? (expert === 'mask' ? 7 : 2) : 0))
      if (expert) await writeFile(join(folder, name, `${name}_${expert}.nii.gz`), writeNifti({ size, affine, voxels }))
    }
    await put('young', 12, 'seg')
    await put('old', 16, 'mask')
    await put('ageless', 14, undefined)
    await put('unlisted', 12, 'seg')
    await mkdir(join(folder, 'broken'))
    await writeFile(join(folder, 'broken', 't1ce.nii'), 'no image')
  })
  afterAll(async () => {
    await rm(folder, { recursive: true })
    await rm(heads, { recursive: true })
  })

  const run = (change: Partial<Parameters<typeof evaluateChain>[0]> = {}) =>
    evaluateChain({
      folders: [folder],
      labels: { text: TABLE, name: 'labels.csv' },
      bundle,
      runner: runnerFor(bundle),
      registrar: still,
      ...change,
    })

  it('runs every case with a row, scores what the expert drew, and counts the rest by name', async () => {
    const partial: ChainReport[] = []
    const report = await run({ onReport: async (so) => void partial.push(so) })
    expect(report.cases.map((one) => one.case)).toEqual(['ageless', 'old', 'young'])
    expect(report.failures).toEqual([
      { case: 'broken', code: 'INSTANCE_INVALID', message: 't1ce.nii: not a NIfTI file' },
    ])
    expect([report.withoutRow, report.rowsWithoutCase]).toEqual([['unlisted'], 1])
    // After every case, the failed one included: what was found so far.
    expect(partial.map(({ cases, failures }) => [cases.length, failures.length])).toEqual([
      [1, 0],
      [1, 1],
      [2, 1],
      [3, 1],
    ])
    const [ageless, old, young] = report.cases
    expect(old!.scores.map(({ region }) => region)).toEqual(['WT'])
    expect(old!.scores[0]!.dice).toBeGreaterThan(0.9)
    expect(young!.scores.map(({ region }) => region)).toEqual(['WT', 'TC', 'ET'])
    expect(ageless!.scores).toEqual([])
    expect(young!.volumes.WT).toBeCloseTo(12 * 9 * 7 * 0.008, 0)
    expect(report.dice.map(({ region, cases }) => [region, cases])).toEqual([
      ['WT', 2],
      ['TC', 1],
      ['ET', 1],
    ])
    expect(report.falseEnhancement).toMatchObject({ cases: 1, little: 0 })
    expect(report.falseEnhancement!.maxMl).toBeCloseTo(young!.volumes.ET!, 1)
    expect(young!.samples).toBe(2)
  })

  it('lets the real heads answer from the images and the table, beside the age alone', async () => {
    const report = await run()
    const idhOf = (name: string) => report.cases.find((one) => one.case === name)!.predictions[0]!
    expect(idhOf('ageless')).toMatchObject({ status: 'not-evaluable', reason: expect.stringContaining('Needs age') })
    // The fixture's head takes the young for mutant, the old for wildtype.
    const [young, old] = [idhOf('young'), idhOf('old')]
    if (young.status === 'not-evaluable' || old.status === 'not-evaluable') throw new Error('both answer')
    expect(young.probabilities['IDH-mutant']).toBeGreaterThan(old.probabilities['IDH-mutant']!)
    const idh = report.heads.find(({ head }) => head === 'idh')!
    if (idh.status !== 'evaluated') throw new Error('idh is evaluated')
    expect(idh).toMatchObject({ patients: 3, answered: 2, notEvaluable: 1, auc: { 'IDH-mutant': { value: 1 } } })
    expect(idh.besideAge['IDH-mutant']!.age.value).toBe(1)
    expect(idh.besideAge['IDH-mutant']!.difference.value).toBe(0)
    const survival = report.heads.find(({ head }) => head === 'survival')!
    expect(survival).toMatchObject({ withoutLabel: 1, concordance: { value: 1 }, besideAge: { age: { value: 1 } } })
    expect(report.heads.find(({ head }) => head === 'mgmt')).toMatchObject({ status: 'not_evaluable' })
    const table = formatChainTable(report)
    expect(table).toMatch(/^old +1\.000 +8\.1 +8\.1 +8\.1 +IDH-wildtype > \(IDH-wildtype 0\.\d\d\)/m)
    expect(table).toContain('enhancement where there is none: at most 0.1 mL in 0 of 1 cases')
    expect(table).toContain('broken failed: INSTANCE_INVALID')
    expect(table).toContain('3 cases analysed, 1 failed, 1 without a row in the table (not run), 1 rows without a case')
  })

  it('refuses what cannot be joined before anything is run', async () => {
    const runner = { ...runnerFor(bundle), segment: () => Promise.reject(new Error('it ran')) }
    const refused = (change: Parameters<typeof run>[0]) => rejection(run({ runner, ...change }))
    expect(await refused({ labels: { text: 'id,age\na,1\n', name: 'l.csv' } })).toMatchObject({
      code: 'TABLE_INVALID',
      message: 'l.csv lacks "IDH", "OS", "1-dead 0-alive"',
    })
    expect(await refused({ labels: { text: 'id,ID\na,1\n', name: 'l.csv' } })).toMatchObject({
      message: 'l.csv has the column "ID" under two names',
    })
    expect(await refused({ folders: [folder, folder] })).toMatchObject({
      message: expect.stringContaining('in two of'),
    })
    expect(await refused({ only: ['young', 'nobody'] })).toMatchObject({ message: 'no such case: nobody' })
  })
})
