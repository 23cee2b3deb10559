import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { describeGraph } from '../../../src/inference/bundle/describe-graph.ts'
import { trialOf } from '../../../src/inference/bundle/graph.ts'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { parseBundle } from '../../../src/inference/bundle/manifest.ts'
import { bundleProblems, readJson, tinyBundle } from '../support.ts'

const folder = fileURLToPath(new URL('../../support/bundles/cascade', import.meta.url))
type Raw = ReturnType<typeof readJson>
const manifest = () => readJson(`${folder}/bundle.json`)
const stage = (m: Raw, name: string) => m.stages.find((one: Raw) => one.name === name)

describe('a graph in a manifest', () => {
  it('is read, and one network is a graph of one stage', () => {
    expect(parseBundle(manifest()).graph.stages.map(({ name }) => name)).toEqual([
      'coarse',
      'whole',
      'core',
      'enhancing',
    ])
    const { graph } = parseBundle(readJson(`${tinyBundle}/bundle.json`))
    expect(graph.stages).toHaveLength(1)
    expect(graph.stages[0]!.output).toEqual({ activation: 'softmax', classes: ['background', 'NCR', 'ED', 'ET'] })
    expect(graph.result).toEqual({ stage: graph.stages[0]!.name })
  })

  it.each([
    [
      'a network file that is not there',
      (m: Raw) => (m.networks.core.file = 'other.onnx'),
      'networks.core.file: other.onnx is not listed',
    ],
    [
      "a network's file for the CPU that is not there",
      (m: Raw) => (m.networks.core.cpu_file = 'other.onnx'),
      'networks.core.cpu_file: other.onnx is not listed',
    ],
    [
      'a network that nobody runs',
      (m: Raw) => (m.networks.spare = m.networks.core),
      'networks.spare: no stage runs it',
    ],
    ['a mask that nobody uses', (m: Raw) => (m.masks.spare = m.masks.core), 'masks.spare: no stage uses it'],
    [
      'a mask of an unknown stage',
      (m: Raw) => (m.masks.core.stage = 'none'),
      'masks.core.stage: there is no stage none',
    ],
    [
      'a mask of what the stage does not give',
      (m: Raw) => (m.masks.core.outputs = ['ET']),
      'the stage core does not give ET',
    ],
    [
      'a sum of regions',
      (m: Raw) => (m.masks.brain.outputs = ['WT', 'BRAIN']),
      'only classes of one softmax can be added',
    ],
    [
      'a mask of a later stage',
      (m: Raw) => Object.assign(m.masks.tumour, { stage: 'core', outputs: ['TC'] }),
      'stages.core.box.mask: core does not run before core',
    ],
    [
      'a grid of a later stage',
      (m: Raw) => (stage(m, 'core').grid = { stage: 'enhancing' }),
      'order the stages so that each reads earlier ones',
    ],
    [
      'a grid of no stage',
      (m: Raw) => (stage(m, 'core').grid = { stage: 'none' }),
      'stages.core.grid.stage: there is no stage none',
    ],
    [
      'a box of no mask',
      (m: Raw) => (stage(m, 'core').box.mask = 'none'),
      'stages.core.box.mask: there is no mask none',
    ],
    [
      'a box before there is one',
      (m: Raw) => (stage(m, 'coarse').box = stage(m, 'whole').box),
      'the first stage sees the whole head',
    ],
    [
      'a first stage inside a mask',
      (m: Raw) => (stage(m, 'coarse').normalisation = stage(m, 'whole').normalisation),
      'no mask is there before the first stage',
    ],
    ['voxels without normalisation', (m: Raw) => delete stage(m, 'whole').normalisation, 'a grid of its own needs one'],
    [
      'a second normalisation',
      (m: Raw) => (stage(m, 'core').normalisation = stage(m, 'coarse').normalisation),
      'taken as they are; leave it out',
    ],
    ['a stage twice', (m: Raw) => (stage(m, 'core').name = 'whole'), 'whole occurs twice'],
    [
      'an unknown network',
      (m: Raw) => (stage(m, 'core').members[0].network = 'none'),
      'stages.core.members.0: there is no network none',
    ],
    [
      'slices without a view',
      (m: Raw) => delete stage(m, 'core').members[0].view,
      'members.0.view: a SliceInferer needs a view',
    ],
    ['a view of a volume', (m: Raw) => (stage(m, 'coarse').members[0].view = 'axial'), 'SimpleInferer takes no view'],
    [
      'weights for other members',
      (m: Raw) => (stage(m, 'whole').fusion.weights = [1, 2]),
      'has 2 numbers for 4 members',
    ],
    [
      'weights of other members for studies that lack a sequence',
      (m: Raw) => (stage(m, 'whole').fusion.weights_without = [{ sequence: 'T1c', weights: [1] }]),
      'weights_without.0.weights: has 1 numbers for 4 members',
    ],
    [
      'weights for the lack of what is no input',
      (m: Raw) => (stage(m, 'whole').fusion.weights_without = [{ sequence: 'ADC', weights: [1, 1, 1, 1] }]),
      'weights_without.0: ADC is not one of the sequences',
    ],
    [
      'weights without any member',
      (m: Raw) => (stage(m, 'whole').fusion.weights = [0, 0, 0, 0]),
      'at least one must be above zero',
    ],
    [
      'a member that gives something else',
      (m: Raw) => stage(m, 'enhancing').members.push({ stage: 'whole' }),
      'the stage whole does not give ET',
    ],
    [
      'a stage without networks',
      (m: Raw) => (stage(m, 'enhancing').members = [{ stage: 'coarse' }]),
      'at least one must be a network',
    ],
    [
      'regions as a previous segmentation',
      (m: Raw) => (stage(m, 'enhancing').previous_stage = { stage: 'whole', classes: ['TC'] }),
      'whole has no class TC after the background',
    ],
    [
      'classes that begin with no background',
      (m: Raw) => (stage(m, 'core').output.classes = ['TC', 'background']),
      'the first class must be "background"',
    ],
    ['a region that no stage gives', (m: Raw) => delete m.result.regions.TC, 'result.regions: TC is missing'],
    [
      'a region of the wrong stage',
      (m: Raw) => (m.result.regions.ET = 'core'),
      'result.regions.ET: the stage core does not give ET',
    ],
    ['a brain that no stage gives', (m: Raw) => delete m.result.anatomy, 'result.anatomy: BRAIN is missing'],
    [
      'regions that are no chain',
      (m: Raw) => (m.regions.TC = [1, 2]),
      'label 3 of ET is not in TC, which must hold it',
    ],
    ['another decision', (m: Raw) => (m.postprocess.decision = 'tumour-first'), 'must be "nested-regions"'],
    [
      'a transform of nothing',
      (m: Raw) => (m.postprocess.transforms[0].applied_labels = ['NCR']),
      'postprocess.transforms: NCR is not one of result.regions',
    ],
    [
      'a contrast of nothing',
      (m: Raw) => (m.postprocess.transforms[2].minuend = 'ADC'),
      'postprocess.transforms: ADC is not one of the sequences',
    ],
    [
      'classes as the answer of a region',
      (m: Raw) => delete m.result.regions,
      'without regions the stage must give by softmax background, NCR, ED, ET, BRAIN',
    ],
  ])('refuses %s', (_name, change, part) => {
    expect(bundleProblems(manifest(), change)).toContain(part)
  })

  it('keeps what is for graphs from a single network', () => {
    const one = () => readJson(`${tinyBundle}/bundle.json`)
    const nested = bundleProblems(one(), (m: Raw) => (m.postprocess.decision = 'nested-regions'))
    expect(nested).toContain('"nested-regions" goes with result.regions')
    const holes = { name: 'FillHoles', applied_labels: ['WT'] }
    expect(bundleProblems(one(), (m: Raw) => (m.postprocess.transforms = [holes]))).toContain('go with result.regions')
  })

  it('has a digest over all its weights, and a trial for every network', async () => {
    const { identity, graph } = await loadBundle(folder)
    expect(identity.weightsDigest).toMatch(/^[0-9a-f]{64}$/)
    expect(
      Object.values(manifest().files as Record<string, { sha256: string }>).map(({ sha256 }) => sha256),
    ).not.toContain(identity.weightsDigest)
    expect(trialOf('core', graph, 4)).toEqual({ dims: [5, 4, 16, 16], width: 2 * 256 })
    expect(trialOf('coarse', graph, 4)).toEqual({ dims: [1, 4, 32, 32, 32], width: 5 * 32 ** 3 })
  })

  it('is told in words', () => {
    const said = describeGraph(parseBundle(manifest()))
    expect(said.find((line) => line.startsWith('network core:'))).toMatch(
      /^network core: core\.onnx, 0\.0 MB, sha256 [0-9a-f]{12}…, slice by slice with 2 neighbours on either side, at most 4000 voxels at a time$/,
    )
    expect(said).toEqual(
      expect.arrayContaining([
        'stage 1, coarse: at 2 x 2 x 2 mm, over the whole head; intensities by foreground-zscore; gives NCR, ED, ET, BRAIN by softmax; mean of coarse',
        'stage 3, core: on the voxels and images of whole, in the box of the mask tumour and 4 mm around it (if that is empty: skipped); gives TC by softmax; mean of core coronal (50 %), core sagittal, also flipped along xz (50 %)',
        'mask brain: NCR + ED + ET + BRAIN of coarse above 0.5 after KeepLargestConnectedComponent, FillHoles',
        'mask tumour: WT of whole above 0.5 after BinaryClosing, RemoveSmallObjects (min_size_ml 0.2)',
        'answer: on the grid of whole: WT from whole, TC from core, ET from enhancing, BRAIN from coarse',
        'then: RemoveObjectsByContrast (minuend T1c, subtrahend T1, min_mean_difference 0.5) of ET',
        'ET is not evaluable without T1c',
      ]),
    )
    const whole = said.find((line) => line.startsWith('stage 2'))!
    expect(whole).toContain('z-score inside the mask brain, zero outside')
    expect(whole).toContain('background outside the mask brain')
    expect(whole).toContain('(if that is empty: the study is refused)')
    expect(whole).toContain(
      'mean of whole-axial axial (43 %), whole-sagittal sagittal (29 %), whole-coronal coronal (14 %), the stage coarse (14 %), without T1c: 33, 0, 17, 50 %, without T1: 100, 0, 0, 0 %',
    )
  })
})
