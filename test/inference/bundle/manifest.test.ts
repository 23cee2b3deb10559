import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { channelOrder, parseBundle, runnableHeads } from '../../../src/inference/bundle/manifest.ts'
import { bundleProblems, readJson, rejection, tinyBundle } from '../support.ts'

type Raw = ReturnType<typeof readJson>
const manifest = () => readJson(`${tinyBundle}/bundle.json`)

const problemsOf = (change: (m: Raw) => void) => bundleProblems(manifest(), change)

describe('the bundle manifest', () => {
  it('is read', () => {
    const bundle = parseBundle(manifest())
    expect(channelOrder(bundle)).toEqual(['T1', 'T1c', 'T2', 'FLAIR'])
    expect(runnableHeads(bundle)).toEqual([])
    expect(bundle.heads['1p19q']).toEqual({ status: 'not_evaluable', reason: 'a test bundle predicts nothing' })
  })

  it('orders channels as declared, not as named', () => {
    const raw = manifest()
    raw.sequences = { T1c: { channel: 1, required: true }, FLAIR: { channel: 0, required: true } }
    expect(channelOrder(parseBundle(raw))).toEqual(['FLAIR', 'T1c'])
  })

  it('reports every problem at once', () => {
    const message = problemsOf((m) => {
      m.schema = 'gliabridge-bundle/9'
      m.lisence = 'x'
      m.inference.overlap = 1
      m.regions.TC = [1, 7]
      m.network.file = 'other.onnx'
      m.labels[1].colour = 'red'
      delete m.heads.idh
    })
    for (const part of [
      '7 problem(s)',
      'schema:',
      'lisence is not a known key',
      'inference.overlap:',
      'regions.TC: there is no label 7',
      'network.file: other.onnx is not listed in files',
      'labels.1.colour is not a known key',
      'heads.idh:',
    ]) {
      expect(message).toContain(part)
    }
  })

  it.each([
    ['a channel twice', (m: Raw) => (m.sequences.T2.channel = 0), 'without gap or repetition'],
    [
      'no required sequence',
      (m: Raw) =>
        Object.values<{ required: boolean }>(m.sequences).map((s: { required: boolean }) => (s.required = false)),
      'at least one sequence',
    ],
    ['a choice of a sequence that it does not take', (m: Raw) => (m.require_any = ['T1c', 'DWI']), 'require_any'],
    ['anatomy before the labels end', (m: Raw) => (m.anatomy = [{ index: 3, key: 'B', name: 'b' }]), 'must be 4'],
    ['an unknown sequence', (m: Raw) => (m.sequences.DWI = { channel: 4, required: false }), 'sequences'],
    ['labels with gaps', (m: Raw) => (m.labels[2].index = 4), 'indices must be 1, 2, 3'],
    ['equal label keys', (m: Raw) => (m.labels[2].key = 'ED'), 'keys must differ'],
    ['a path as file name', (m: Raw) => (m.files['../x'] = m.files['card.md']), 'plain file name'],
    ['a digest that is none', (m: Raw) => (m.files['card.md'].sha256 = 'abc'), 'sha256'],
    ['no card', (m: Raw) => delete m.files['card.md'], 'card.md is not listed'],
    [
      'an error of some volumes alone',
      (m: Raw) => (m.postprocess.volume_relative_sd = { WT: 0.1, TC: 0.2, ET: 0.2, NCR: 0.3 }),
      'volume_relative_sd: ED is missing',
    ],
    ['no whole tumour', (m: Raw) => delete m.regions.WT, 'WT (whole tumour) is missing'],
    [
      'percentiles upside down',
      (m: Raw) => (m.preprocess.normalisation.clip_percentiles = [99, 1]),
      'the first must be below',
    ],
    ['another activation', (m: Raw) => (m.inference.activation = 'sigmoid'), 'inference.activation'],
    ['a flip of an unknown axis', (m: Raw) => (m.inference.tta_flips = [['w']]), 'tta_flips'],
    ['no flips at all', (m: Raw) => (m.inference.tta_flips = []), 'tta_flips'],
    ['other neighbourhoods', (m: Raw) => (m.postprocess.connectivity = 6), 'connectivity'],
  ])('refuses %s', (_name, change, part) => {
    expect(problemsOf(change)).toContain(part)
  })

  it('leaves the evaluation part free and survives what is no object', () => {
    const raw = manifest()
    raw.evaluation = { anything: [1, { at: 'all' }] }
    expect(parseBundle(raw).evaluation).toEqual(raw.evaluation)
    for (const wrong of [null, 3, 'text', []]) {
      expect(() => parseBundle(wrong)).toThrowError(expect.objectContaining({ code: 'BUNDLE_INVALID' }))
    }
  })
})

describe('a bundle folder', () => {
  it('is loaded with its identity', async () => {
    const bundle = await loadBundle(tinyBundle)
    expect(bundle.identity).toMatchObject({
      id: 'tiny-test',
      version: '1.0.0',
      weightsDigest: manifest().files['segmentation.onnx'].sha256,
    })
    expect(bundle.identity.digest).toMatch(/^[0-9a-f]{64}$/)
  })

  it('is refused when files changed or are missing, all named at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bundle-'))
    try {
      await cp(tinyBundle, folder, { recursive: true })
      await appendFile(join(folder, 'segmentation.onnx'), ' ')
      await rm(join(folder, 'card.md'))
      const error = await rejection(loadBundle(folder))
      expect(error).toMatchObject({ code: 'BUNDLE_INVALID' })
      expect(error.message).toContain('segmentation.onnx has sha256')
      expect(error.message).toContain('card.md cannot be read')
      await writeFile(join(folder, 'bundle.json'), '{ "schema": ')
      expect((await rejection(loadBundle(folder))).message).toContain('not JSON')
      expect((await rejection(loadBundle(join(folder, 'nowhere')))).message).toContain('cannot be read')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
