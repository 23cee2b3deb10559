// Procedural heads on a 1 mm LPS grid for the training: the four sequences' signals, truth and parenchyma as NumPy files.
// Usage: node bin/run.mjs scripts/phantom-volumes.ts OUT SEED [SEED …]   (a seed that ends in "-healthy" has no tumour)
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { signalVolume } from '../demo/phantom/acquire.ts'
import { createHead, headGrid, rasterise, truthLabels } from '../demo/phantom/head.ts'
import { protocolOf } from '../demo/phantom/protocol.ts'
import { signalTable, TISSUE, type Tissue } from '../demo/phantom/signal.ts'
import { SEQUENCES } from '../src/domain/study.ts'

const PARENCHYMA: readonly Tissue[] = ['white', 'stem', 'grey', 'cerebellar', 'thalamus', 'striatum', 'pallidum']
const LARGEST = 60_000

/** NumPy's .npy format, version 1.0, C order. */
function npy(data: Uint8Array | Uint16Array, shape: readonly number[]): Uint8Array {
  const kind = data instanceof Uint16Array ? '<u2' : '|u1'
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(header, 'latin1'), body])
}

const [out, ...seeds] = process.argv.slice(2)
if (out === undefined || seeds.length === 0) throw new Error('give a folder and at least one seed')
await mkdir(out, { recursive: true })
for (const seed of seeds) {
  const head = createHead(seed, !seed.endsWith('-healthy'))
  const grid = headGrid(1)
  const tissues = rasterise(head, grid, seed)
  const [nx, ny, nz] = grid.size
  const voxels = nx * ny * nz
  const parenchyma = Uint8Array.from(tissues.under, (tissue, at) =>
    Number(PARENCHYMA.some((one) => TISSUE[one] === (tissues.share[at]! > 127 ? tissues.over[at] : tissue))),
  )
  const protocol = protocolOf('full')
  for (const sequence of SEQUENCES) {
    const acquisition = protocol.find((one) => one.sequence === sequence)
    if (!acquisition || !['T1', 'T1c', 'T2', 'FLAIR'].includes(sequence)) continue
    const signal = signalVolume(tissues, signalTable(acquisition.contrast))
    const peak = signal.reduce((a, b) => Math.max(a, b), 0)
    const scaled = Uint16Array.from(signal, (value) => Math.round((value / peak) * LARGEST))
    await writeFile(join(out, `${seed}.${sequence}.npy`), npy(scaled, [nz, ny, nx]))
  }
  await writeFile(join(out, `${seed}.label.npy`), npy(truthLabels(head, grid).data as Uint8Array, [nz, ny, nx]))
  await writeFile(join(out, `${seed}.parenchyma.npy`), npy(parenchyma, [nz, ny, nx]))
  console.log(seed, voxels)
}
