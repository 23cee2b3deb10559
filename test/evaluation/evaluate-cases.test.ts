import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bratsLabels } from '../../src/evaluation/brats-labels.ts'
import { evaluateCases } from '../../src/evaluation/evaluate-cases.ts'
import { formatTable } from '../../src/evaluation/table.ts'
import { loadBundle } from '../../src/inference/bundle/load.ts'
import type { LoadedBundle } from '../../src/inference/bundle/manifest.ts'
import { randomNumbers, rejection, tinyBundle } from '../inference/support.ts'
import { affine, brightIsTumour, inHead, paint, size, still } from './known-tumour.ts'
import { writeNifti } from './nifti-writer.ts'

// Off centre on every axis.
const inBox = (i: number, j: number, k: number) => i > 6 && i < 18 && j > 20 && j < 30 && k > 8 && k < 16
const image = paint((i, j, k) => (inBox(i, j, k) ? 900 + i : inHead(i, j, k) ? 300 + ((i * 7 + j * 3 + k) % 20) : 0))
/** No two sequences show the same image. */
const grain = (part: string) => {
  const random = randomNumbers(part.length * 31 + part.charCodeAt(1))
  return () => 1 + 0.3 * (random() - 0.5)
}
const labels = paint((i, j, k) => (inBox(i, j, k) ? (i > 12 ? 4 : i > 9 ? 1 : 2) : 0))

describe('evaluation of cases', () => {
  let folder: string
  let bundle: LoadedBundle
  beforeAll(async () => {
    bundle = await loadBundle(tinyBundle)
    folder = await mkdtemp(join(tmpdir(), 'cases-'))
    const put = async (name: string, parts: string[]) => {
      await mkdir(join(folder, name))
      for (const part of parts) {
        const change = grain(part)
        const voxels = part === 'seg' ? labels : image.map((value) => value * change())
        await writeFile(join(folder, name, `${name}_${part}.nii.gz`), writeNifti({ size, affine, voxels }))
      }
    }
    await put('Case_002', ['t1', 't1ce', 't2', 'flair', 'seg'])
    await put('Case_001', ['t1ce', 'flair', 'seg'])
    await put('Case_003', ['t1ce', 'flair'])
    await mkdir(join(folder, 'Case_004'))
    await writeFile(join(folder, 'Case_004', 'Case_004_t1ce.nii'), 'no image')
    await writeFile(join(folder, 'readme.txt'), 'not a case')
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('scores what can be read, in the labels’ own space, and lists the rest as failures', async () => {
    const lines: string[] = []
    const report = await evaluateCases({
      folder,
      bundle,
      runner: brightIsTumour(bundle),
      registrar: still,
      onProgress: (line) => lines.push(line),
    })
    expect(report.cases.map((one) => one.case)).toEqual(['Case_001', 'Case_002'])
    for (const { scores } of report.cases) {
      expect(scores.map((score) => score.region)).toEqual(['WT', 'TC', 'ET'])
      // The box is found to half a voxel of the 2 mm grid; a mirrored or shifted result would overlap by far less.
      expect(scores[0]!.dice).toBeGreaterThan(0.9)
      expect(scores[0]!.hausdorff95Mm).toBeLessThan(2.1)
      expect(scores[0]!.referenceMl).toBeCloseTo(11 * 9 * 7 * 0.008, 6)
      expect(scores[2]!.dice).toBeLessThan(scores[0]!.dice)
    }
    expect(report.failures).toEqual([
      { case: 'Case_003', code: 'NOT_FOUND', message: 'Case_003 has no expert labels (_seg.nii.gz)' },
      { case: 'Case_004', code: 'INSTANCE_INVALID', message: 'Case_004_t1ce.nii: not a NIfTI file' },
    ])
    expect(report.summary.map(({ region, cases }) => [region, cases])).toEqual([
      ['WT', 2],
      ['TC', 2],
      ['ET', 2],
    ])
    expect(report.peakRssMb.inference).toBe(123)
    expect(Object.keys(report.cases[0]!.motion)).toEqual(['FLAIR'])
    expect(lines[0]).toBe('[1/4] Case_001: read')
    const table = formatTable(report)
    expect(table).toContain('mean of 2  WT')
    expect(table).toContain('Case_003 failed: NOT_FOUND')
    expect(table).toContain('tiny-test 1.0.0 on cpu')
  })

  it('takes the named cases only, and says which do not exist', async () => {
    const options = { folder, bundle, runner: brightIsTumour(bundle), registrar: still }
    expect((await evaluateCases({ ...options, only: ['Case_002'] })).cases).toHaveLength(1)
    expect(await rejection(evaluateCases({ ...options, only: ['Case_002', 'Case_9'] }))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('Case_9'),
    })
    expect(await rejection(evaluateCases({ ...options, folder: join(folder, 'nowhere') }))).toMatchObject({
      code: 'NOT_FOUND',
    })
    expect(await rejection(evaluateCases({ ...options, folder: join(folder, 'Case_001') }))).toMatchObject({
      message: expect.stringContaining('no case folders'),
    })
  })

  it('maps BraTS codes by the bundle’s label keys', () => {
    const grid = {
      size: [5, 1, 1] as const,
      spacing: [1, 1, 1] as const,
      origin: [0, 0, 0] as const,
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    }
    const other = [
      { index: 1, name: 'a', key: 'ET' },
      { index: 2, name: 'b', key: 'NCR' },
      { index: 3, name: 'c', key: 'ED' },
    ]
    expect([...bratsLabels({ grid, data: Float32Array.of(0, 1, 2, 3, 4) }, other, 'x').data]).toEqual([0, 2, 3, 1, 1])
    expect(() => bratsLabels({ grid, data: Float32Array.of(0, 1, 2, 5, 4) }, other, 'x')).toThrow('x: label 5')
    expect(() => bratsLabels({ grid, data: Float32Array.of(0, 0, 0, 0, 0) }, other.slice(1), 'x')).toThrow(
      'no label ET',
    )
  })
})
