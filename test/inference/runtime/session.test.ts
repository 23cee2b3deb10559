import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { openSession } from '../../../src/inference/runtime/session.ts'
import { golden, readJson, rejection, tinyBundle } from '../support.ts'

const shipped = fileURLToPath(new URL('../../../config/models/glioma-unet-2mm', import.meta.url))

describe('the ONNX session', () => {
  it('computes what the training code computed for the shipped bundle', async () => {
    const parity = readJson(golden('onnx-parity.json'))
    const bundle = await loadBundle(shipped)
    expect(bundle.identity.weightsDigest, 'the golden file belongs to other weights').toBe(parity.model_sha256)
    const [, channels, nz, ny, nx] = parity.shape_nczyx as [number, number, number, number, number]
    const input = new Float32Array(channels * nz * ny * nx)
    let at = 0
    for (let c = 0; c < channels; c++) {
      for (let z = 0; z < nz; z++) {
        for (let y = 0; y < ny; y++) {
          for (let x = 0; x < nx; x++) {
            input[at++] = 2 * Math.sin(0.3 * x + 0.2 * c) * Math.cos(0.25 * y) + Math.sin(0.35 * z - 0.5 * c)
          }
        }
      }
    }
    const network = bundle.graph.networks.segmentation!
    const model = await readFile(`${shipped}/${network.file}`)
    const session = await openSession(model, 'cpu', network, 1)
    const logits = await session.run(input, [1, channels, nz, ny, nx])
    for (const { k, z, y, x, logit } of parity.samples) {
      expect(Math.abs(logits[x + nx * (y + ny * (z + nz * k))]! - logit)).toBeLessThan(parity.tolerance)
    }
    expect(logits.reduce((a, b) => a + b, 0) / logits.length).toBeCloseTo(parity.mean_logit, 2)
  })

  it('opens on the provider that was asked for, or says why not', async () => {
    const model = await readFile(`${tinyBundle}/segmentation.onnx`)
    const network = (await loadBundle(tinyBundle)).graph.networks.segmentation!
    expect((await openSession(model, 'cpu', network, 1)).provider).toBe('cpu')
    expect((await rejection(openSession(model, 'tpu', network, 1))).message).toContain('offers cpu')
    expect((await rejection(openSession(new Uint8Array(10), 'cpu', network, 1))).message).not.toBe('')
    expect((await rejection(openSession(model, 'cpu', { ...network, input: 'volume' }, 1))).message).toContain(
      'no input "volume" (it has image)',
    )
  })
})
