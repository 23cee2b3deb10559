import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import type { NetworkFile } from '../../../src/inference/runtime/messages.ts'
import { modelFile } from '../../../src/inference/runtime/model-files.ts'
import { openNetworks } from '../../../src/inference/runtime/networks.ts'

const shipped = fileURLToPath(new URL('../../../config/models/glioma-cascade-1mm', import.meta.url))
const DIMS = [12, 4, 16, 16]

describe('the networks of a graph', () => {
  let folder: string
  let networks: NetworkFile[]
  const declined: string[] = []
  const trials = {
    trying: () => {},
    declined: (provider: string, reason: string) => declined.push(`${provider}: ${reason}`),
  }
  const input = Float32Array.from({ length: 12 * 4 * 16 * 16 }, (_, v) => Math.sin(v * 0.37))

  beforeEach(async () => {
    declined.length = 0
    folder = await mkdtemp(join(tmpdir(), 'networks-'))
    const bundle = await loadBundle(shipped)
    networks = []
    for (const name of ['whole-axial', 'whole-coronal']) {
      const { file, input, output } = bundle.graph.networks[name]!
      await copyFile(join(shipped, file), join(folder, file))
      networks.push({ name, file: modelFile(file, bundle, folder), input, output })
    }
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('give the same answer however often another one ran in between', async () => {
    const { run, providers } = (await openNetworks({ networks, providers: ['cpu'], threads: 1 }, trials))!
    expect(providers).toEqual(['cpu'])
    const axial = await run('whole-axial', input, DIMS)
    const coronal = await run('whole-coronal', input, DIMS)
    expect(axial).not.toEqual(coronal)
    expect(await run('whole-axial', input, DIMS)).toEqual(axial)
    expect(await run('whole-axial', input, DIMS)).toEqual(axial)
    expect(await run('whole-coronal', input, DIMS)).toEqual(coronal)
  })

  it('run on the CPU in the form that is for it', async () => {
    const [axial, coronal] = networks as [NetworkFile, NetworkFile]
    const standIn = { ...axial, cpuFile: coronal.file }
    const { run } = (await openNetworks({ networks: [standIn, coronal], providers: ['cpu'], threads: 1 }, trials))!
    expect(await run('whole-axial', input, DIMS)).toEqual(await run('whole-coronal', input, DIMS))
  })

  it('are opened again from the bytes that were checked, and from no others', async () => {
    const { run } = (await openNetworks({ networks, providers: ['cpu'], threads: 1 }, trials))!
    await run('whole-coronal', input, DIMS)
    await writeFile(networks[0]!.file.modelPath, 'something else')
    await expect(run('whole-axial', input, DIMS)).rejects.toThrow('the model file changed since the bundle was checked')
  })

  it('are tried when they are opened, and the one that fails is named with its reason', async () => {
    const trial = { dims: DIMS, width: 7 }
    const opened = await openNetworks(
      { networks: [networks[0]!, { ...networks[1]!, trial }], providers: ['tpu', 'cpu'], threads: 1 },
      trials,
    )
    expect(opened).toBeUndefined()
    expect(declined).toEqual([
      expect.stringContaining('tpu: whole-axial: this ONNX Runtime offers cpu'),
      expect.stringContaining('tpu: whole-coronal: this ONNX Runtime offers cpu'),
      expect.stringMatching(
        /^cpu: whole-coronal: output "logits" has \d+ numbers for an input of 12 x 4 x 16 x 16, not 7$/,
      ),
    ])
  })
})
