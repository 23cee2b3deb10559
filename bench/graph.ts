// Times a bundle's stages on a generated head, each beside bare ONNX Runtime with the same networks and input shapes, and with the same networks
// as they would be without each rewriting of their export (training/gliatrain/cascade/plain.py), in one run.
// Usage: GLIABRIDGE_PYTHON=PYTHON node bin/run.mjs bench/graph.ts [BUNDLE]     (PYTHON with training/requirements.txt; absent, no rewritings)
// writes bench/results/graph.{json,md}
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { signalVolume } from '../demo/phantom/acquire.ts'
import { createHead, headGrid, rasterise } from '../demo/phantom/head.ts'
import { protocolOf } from '../demo/phantom/protocol.ts'
import { signalTable } from '../demo/phantom/signal.ts'
import { STRUCTURAL } from '../src/domain/study.ts'
import type { NetworkMember, Stage } from '../src/inference/bundle/graph.ts'
import { loadBundle } from '../src/inference/bundle/load.ts'
import type { LoadedBundle } from '../src/inference/bundle/manifest.ts'
import { channelCount } from '../src/inference/bundle/manifest.ts'
import { startRunner } from '../src/inference/runtime/runner.ts'
import { prepareInputs } from '../src/inference/segmentation/prepare.ts'
import { runStage } from '../src/inference/segmentation/run-stage.ts'
import type { SequenceVolume } from '../src/inference/segmentation/sequence-volume.ts'
import { createRegistrar } from '../src/inference/volumes/register.ts'
import { quietLog } from '../test/support/quiet-log.ts'

const THREADS = 2
const RESULTS = new URL('results/', import.meta.url)
const DEFAULT = fileURLToPath(new URL('../config/models/glioma-cascade-1mm', import.meta.url))

interface Row {
  stage: string
  /** X, Y, Z; absent if the stage was skipped. */
  size?: readonly number[]
  seconds: number
  /** Time of the networks' runs alone. */
  bareSeconds?: number
  runs?: number
  /** The same without rewritings, then with one more of them each. */
  rewritings?: { title: string; seconds: number }[]
}

/** Per file of the bundle: the plain export, then the same with one rewriting more each. */
type Rewritings = Record<string, { title: string; file: string }[]>

async function main(): Promise<void> {
  const bundle = await loadBundle(process.argv[2] ?? DEFAULT)
  const folder = mkdtempSync(join(tmpdir(), 'gliabridge-graph-'))
  try {
    await measure(bundle, folder, rewritten(bundle, folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes the bundle's networks without the rewritings of their export; none without a Python. */
function rewritten(bundle: LoadedBundle, folder: string): Rewritings {
  const python = process.env.GLIABRIDGE_PYTHON
  if (python === undefined) return {}
  execFileSync(python, ['-m', 'gliatrain.cascade.plain', '--bundle', bundle.folder, '--to', folder], {
    cwd: fileURLToPath(new URL('../training', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Rewritings
}

async function measure(bundle: LoadedBundle, folder: string, rewritings: Rewritings): Promise<void> {
  const images = generated(1)
  const registrar = createRegistrar()
  const runner = await startRunner({
    bundle,
    providers: ['cpu'],
    threads: THREADS,
    timeoutMs: 1_800_000,
    log: quietLog,
  })
  const began = performance.now()
  const prepared = await prepareInputs({ images, reference: 'T1c', bundle, registrar })
  const prepareSeconds = (performance.now() - began) / 1000
  const { execution, grid } = await runner.segment(prepared)
  const peak = { service: Math.round(process.resourceUsage().maxRSS / 1024), inference: execution.peakRssMb }
  await Promise.all([runner.close(), registrar.close()])
  const stages: Row[] = execution.stages ?? [
    { stage: bundle.graph.stages[0]!.name, size: grid.size, seconds: execution.seconds },
  ]
  const rows: Row[] = []
  for (const row of stages)
    rows.push(row.size ? { ...row, ...(await bare(bundle, row.stage, row.size, { folder, rewritings })) } : row)
  const report = {
    command: 'node bin/run.mjs bench/graph.ts',
    machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`,
    node: process.version,
    runtime: execution.runtime,
    bundle: `${bundle.id} ${bundle.version}`,
    digest: bundle.identity.digest,
    threads: THREADS,
    prepareSeconds,
    segmentSeconds: execution.seconds,
    peakRssMb: peak,
    rows,
  }
  writeFileSync(new URL('graph.json', RESULTS), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(new URL('graph.md', RESULTS), markdown(report))
  process.stdout.write(markdown(report))
}

/** Four sequences of the generated head at `mm`, in register. */
function generated(mm: number): SequenceVolume[] {
  const tissues = rasterise(createHead('1', true), headGrid(mm), '1')
  const protocol = protocolOf('full')
  return STRUCTURAL.flatMap((sequence) => {
    const scan = protocol.find((one) => one.sequence === sequence)
    return scan
      ? [{ sequence, volume: { grid: tissues.grid, data: signalVolume(tissues, signalTable(scan.contrast)) } }]
      : []
  })
}

/** Seconds of the stage's networks alone, in sessions with ONNX Runtime's defaults, on the input shapes that the stage used. */
async function bare(
  bundle: LoadedBundle,
  name: string,
  size: readonly number[],
  plain: { folder: string; rewritings: Rewritings },
): Promise<Pick<Row, 'bareSeconds' | 'runs' | 'rewritings'>> {
  const stage = bundle.graph.stages.find((one) => one.name === name)!
  const networks = stage.members.filter((member): member is NetworkMember => 'network' in member)
  const shapes = await shapesOf(bundle, { ...stage, members: networks, fusion: { name: 'MeanEnsemble' } }, size)
  let bareSeconds = 0
  const byTitle = new Map<string, number>()
  for (const { network, dims } of shapes) {
    const { file, input, output } = bundle.graph.networks[network]!
    const timed = (path: string) => secondsOf({ path, input, output, dims })
    bareSeconds += await timed(join(bundle.folder, file))
    for (const { title, file: own } of plain.rewritings[file] ?? [])
      byTitle.set(title, (byTitle.get(title) ?? 0) + (await timed(join(plain.folder, own))))
  }
  const rewritings = [...byTitle].map(([title, seconds]) => ({ title, seconds }))
  return { bareSeconds, runs: shapes.reduce((sum, { dims }) => sum + dims.length, 0), rewritings }
}

/** Seconds of one file's runs on inputs of these shapes. */
async function secondsOf(of: { path: string; input: string; output: string; dims: number[][] }): Promise<number> {
  const session = await InferenceSession.create(readFileSync(of.path), {
    executionProviders: ['cpu'],
    intraOpNumThreads: THREADS,
  })
  let seconds = 0
  for (const shape of of.dims) {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, v) => Math.sin(v * 12.9898))
    const began = performance.now()
    await session.run({ [of.input]: new Tensor('float32', values, shape) }, [of.output])
    seconds += (performance.now() - began) / 1000
  }
  await session.release()
  return seconds
}

/** The input shapes that the stage passes to each of its networks, found by running the stage with networks that answer zeros. */
async function shapesOf(bundle: LoadedBundle, stage: Stage, [x, y, z]: readonly number[]) {
  const grid = {
    size: [x!, y!, z!],
    spacing: [1, 1, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const
  const count = channelCount(bundle) + (stage.previous_stage?.classes.length ?? 0)
  const nothing = new Float32Array(x! * y! * z!)
  const outputs = stage.output.activation === 'softmax' ? stage.output.classes.length : stage.output.regions.length
  const seen = new Map<string, number[][]>()
  const run = async (network: string, _input: Float32Array, dims: readonly number[]) => {
    seen.set(network, [...(seen.get(network) ?? []), [...dims]])
    const { inferer, members = 1 } = bundle.graph.networks[network]!
    const [first, , ...sides] = dims as [number, number, ...number[]]
    const slices = inferer.name === 'SliceInferer' ? first - 2 * inferer.context : 1
    return new Float32Array(slices * outputs * members * sides.reduce((a, b) => a * b))
  }
  const channels = Array.from({ length: count }, () => nothing)
  const watch = { onProgress: () => {}, onSample: () => {} }
  await runStage({ stage, rules: bundle, grid, channels, missing: new Set(), answers: new Map(), run }, watch)
  return [...seen].map(([network, dims]) => ({ network, dims }))
}

function markdown(report: {
  bundle: string
  digest: string
  machine: string
  node: string
  runtime: string
  threads: number
  prepareSeconds: number
  segmentSeconds: number
  peakRssMb: { service: number; inference: number }
  rows: Row[]
}): string {
  const lines = report.rows.map(({ stage, size, seconds, bareSeconds, runs }) =>
    size
      ? `| ${stage} | ${size.join(' x ')} | ${seconds.toFixed(2)} | ${bareSeconds!.toFixed(2)} (${runs} runs) | ${(seconds / bareSeconds!).toFixed(2)} |`
      : `| ${stage} | skipped | | | |`,
  )
  return `# A bundle stage by stage, beside bare ONNX Runtime

Made by \`bench/graph.ts\` with bundle ${report.bundle} (digest ${report.digest.slice(0, 12)}…) on ${report.machine}, Node ${report.node.slice(1)},
${report.runtime}, ${report.threads} threads, one run: four sequences of the generated head at 1 mm, in memory. A stage has everything that the inference process
does for it (images on its grid, normalisation, masks, views, fusion, samples), bare ONNX Runtime the networks alone on inputs of the same
shapes, in sessions with default settings.

Preparation (registration, resampling for the first stage): ${report.prepareSeconds.toFixed(1)} s. Segmentation: ${report.segmentSeconds.toFixed(1)} s. Peak memory: service
${report.peakRssMb.service} MiB, inference ${report.peakRssMb.inference} MiB.

| stage | voxels | s | bare s | ratio |
|---|---|---|---|---|
${lines.join('\n')}
${rewritingsTable(report.rows)}`
}

function rewritingsTable(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ stage, bareSeconds, rewritings = [] }) => [
    ...rewritings.map(
      ({ title, seconds }) =>
        `| ${stage} | ${title} | ${seconds.toFixed(2)} | ${(seconds / rewritings[0]!.seconds).toFixed(2)} |`,
    ),
    ...(rewritings.length > 0
      ? [
          `| ${stage} | the bundle's file | ${bareSeconds!.toFixed(2)} | ${(bareSeconds! / rewritings[0]!.seconds).toFixed(2)} |`,
        ]
      : []),
  ])
  if (lines.length === 0) return ''
  return `
The same networks in bare ONNX Runtime as the export would leave them without its rewritings, each line with one more than the line before
(\`training/gliatrain/cascade/plain.py\`), in the same run:

| stage | networks | s | of the plain export |
|---|---|---|---|
${lines.join('\n')}
`
}

await main()
