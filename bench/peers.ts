// Compares our two heaviest parts with tools that hospitals know, on the same input in the same run: inference with MONAI, writing segmentations with highdicom.
// Usage: GLIABRIDGE_PYTHON=PYTHON node bin/run.mjs bench/peers.ts     (PYTHON with bench/requirements.txt) writes bench/results/peers.{json,md}
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSegmentation } from '../src/dicom/segmentation.ts'
import type { Grid, LabelVolume } from '../src/domain/volume.ts'
import { loadBundle } from '../src/inference/bundle/load.ts'
import { classCount } from '../src/inference/bundle/manifest.ts'
import { openSession } from '../src/inference/runtime/session.ts'
import { slidingWindow, type Zyx } from '../src/inference/segmentation/sliding-window.ts'
import { inputOf } from '../test/dicom/report-input.ts'
import { classicSeries, direction } from '../test/dicom/support.ts'

const REPEATS = 3
const THREADS = 2
const BUNDLE = fileURLToPath(new URL('../config/models/glioma-unet-2mm', import.meta.url))
const RESULTS = new URL('results/', import.meta.url)
/** A head at 2 mm [Z, Y, X]. */
const SIZE: Zyx = [80, 100, 90]
/** A head at 1 mm. */
const HEAD: Omit<Grid, 'direction'> = { size: [240, 256, 160], spacing: [0.94, 0.94, 1], origin: [-110, -120, -60] }

interface Peer {
  name: string
  seconds: number
  /** Largest difference of probabilities, or voxels whose labels differ. */
  difference: number
}

interface Row {
  part: string
  input: string
  seconds: number
  peer: Peer
}

async function main(): Promise<void> {
  const python = process.env.GLIABRIDGE_PYTHON
  if (python === undefined) throw new Error('set GLIABRIDGE_PYTHON to a Python with bench/requirements.txt')
  const folder = mkdtempSync(join(tmpdir(), 'gliabridge-peers-'))
  try {
    const ask = (part: string) =>
      JSON.parse(
        execFileSync(python, [fileURLToPath(new URL('peers.py', import.meta.url)), part, folder, String(REPEATS)], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      ) as Peer
    const rows = [await inference(folder, ask), await segmentation(folder, ask)]
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`
    const report = { machine, node: process.version, threads: THREADS, repeats: REPEATS, rows }
    writeFileSync(new URL('peers.json', RESULTS), `${JSON.stringify(report, null, 2)}\n`)
    writeFileSync(new URL('peers.md', RESULTS), markdown(report))
    process.stdout.write(markdown(report))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs the bundle glioma-unet-2mm on smooth waves, with its windows, flips and members. */
async function inference(folder: string, ask: (part: string) => Peer): Promise<Row> {
  const bundle = await loadBundle(BUNDLE)
  const [network] = Object.values(bundle.graph.networks)
  const member = bundle.graph.stages[0]!.members[0]!
  if (network?.inferer.name !== 'SlidingWindowInferer' || !('network' in member))
    throw new Error('the bundle is no single network over windows')
  const model = join(BUNDLE, network.file)
  const session = await openSession(readFileSync(model), 'cpu', network, THREADS)
  const roi = network.inferer.roi_size as unknown as Zyx
  const [members, classes] = [network.members ?? 1, classCount(bundle)]
  const tta_flips = member.tta_flips ?? [[]]
  const rules = { ...network.inferer, activation: 'softmax' as const, tta_flips }
  const channels = [3, 4, 5, 7].map((wave) =>
    Float32Array.from(
      { length: SIZE[0] * SIZE[1] * SIZE[2] },
      (_, v) => Math.sin((v % SIZE[2]) / wave) + Math.cos(v / (900 * wave)),
    ),
  )
  const run = () =>
    slidingWindow({
      channels,
      size: SIZE,
      classes,
      members,
      rules,
      predict: (window) => session.run(window, [1, channels.length, ...roi]),
    })
  const { seconds, value } = await fastest(run)
  write(folder, 'channels', channels)
  write(folder, 'probabilities', value)
  const { overlap, sigma_scale } = network.inferer
  const facts = { model, size: SIZE, roi, members, classes, overlap, sigma_scale, tta_flips, threads: THREADS }
  writeFileSync(join(folder, 'inference.json'), JSON.stringify(facts))
  return { part: 'Inference', input: `${SIZE.join(' x ')} voxels, 4 sequences`, seconds, peer: ask('inference') }
}

/** Writes three labels on an oblique series as a BINARY segmentation. */
async function segmentation(folder: string, ask: (part: string) => Peer): Promise<Row> {
  const grid: Grid = { ...HEAD, direction: direction(12, -7, 5) }
  const reference = await classicSeries({ grid, seriesKey: 'reference' })
  const input = inputOf(reference, await classicSeries({ seriesKey: 'other' }), {}, shells(reference.grid))
  const { seconds, value } = await fastest(async () => buildSegmentation({ ...input, segmentation: input.labels }))
  mkdirSync(join(folder, 'images'))
  for (const [n, bytes] of reference.files.entries()) writeFileSync(join(folder, 'images', `${n}.dcm`), bytes)
  writeFileSync(join(folder, 'labels.u8'), input.labels.data)
  writeFileSync(join(folder, 'segmentation.json'), JSON.stringify({ size: HEAD.size }))
  writeFileSync(join(folder, 'ours.dcm'), value.bytes)
  const what = `${HEAD.size.join(' x ')} voxels, 3 segments`
  return { part: 'Writing the segmentation', input: what, seconds, peer: ask('segmentation') }
}

/** A core in a rim in a wider shell, off centre and longer along one axis: about 100 mL. */
function shells(grid: Grid): LabelVolume {
  const [nx, ny, nz] = grid.size
  const data = new Uint8Array(nx * ny * nz)
  for (let v = 0; v < data.length; v++) {
    const [i, j, k] = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))]
    const radius = Math.hypot((i - 80) / 1.4, j - 150, (k - 90) / 0.8)
    data[v] = radius < 12 ? 1 : radius < 18 ? 3 : radius < 28 ? 2 : 0
  }
  return { grid, data }
}

/** The fastest of a few runs, after one that warms up. */
async function fastest<T>(run: () => Promise<T>): Promise<{ seconds: number; value: T }> {
  let value = await run()
  let seconds = Number.POSITIVE_INFINITY
  for (let n = 0; n < REPEATS; n++) {
    const began = performance.now()
    value = await run()
    seconds = Math.min(seconds, (performance.now() - began) / 1000)
  }
  return { seconds, value }
}

function write(folder: string, name: string, arrays: readonly Float32Array[]): void {
  const bytes = arrays.map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength))
  writeFileSync(join(folder, `${name}.f32`), Buffer.concat(bytes))
}

function markdown({ machine, node, rows }: { machine: string; node: string; rows: Row[] }): string {
  const lines = rows.map(
    ({ part, input, seconds, peer }) =>
      `| ${part} | ${input} | ${seconds.toFixed(2)} | ${peer.name} | ${peer.seconds.toFixed(2)} | ${(seconds / peer.seconds).toFixed(2)} | ${peer.difference} |`,
  )
  return `# Beside other tools, measured in the same run

Made by \`bench/peers.ts\` on ${machine}, Node ${node.slice(1)}, ${THREADS} threads; the fastest of ${REPEATS} runs each. Inference: the bundle glioma-unet-2mm
with all its windows, flips and members, the same ONNX file in ONNX Runtime on both sides; the difference is the largest one of the
probabilities. Segmentation: from labels in memory to the bytes of the file; the difference is the number of voxels that highdicom
reads from our file otherwise than they were given.

| part | input | ours s | peer | its s | ours / its | difference |
|---|---|---|---|---|---|---|
${lines.join('\n')}
`
}

await main()
