// A bundle folder with tabular heads: the tiny segmentation network, and two heads with golden values (heads-bundle/make.py).
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ModelRunner } from '../../src/domain/ports/model-runner.ts'
import type { BundleHeads, RunnableHead } from '../../src/inference/bundle/heads.ts'
import { openHead } from '../../src/inference/runtime/session.ts'

export const headsFolder = fileURLToPath(new URL('./heads-bundle', import.meta.url))
const tiny = fileURLToPath(new URL('../golden/inference/tiny-bundle', import.meta.url))
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

type Numbers = Record<string, number>
type Intervals = Record<string, [number, number]>

export interface GoldenCase {
  features: Record<string, number | null>
  distance: number
  idh: { probabilities: Numbers; intervals: Intervals; remaining: string[]; of: string; contributions: Numbers }
  survival: {
    log_risk: number
    log_risk_interval: [number, number]
    group: string
    probabilities: Numbers
    intervals: Intervals
    contributions: Numbers
  }
}

export const readHeads = (): BundleHeads => readJson(join(headsFolder, 'heads.json'))
export const readGolden = (): { cases: GoldenCase[]; files: Record<string, unknown> } =>
  readJson(join(headsFolder, 'golden.json'))

/** The manifest of the tiny bundle with the heads in it. */
export function headsManifest() {
  const manifest = readJson(join(tiny, 'bundle.json'))
  return { ...manifest, heads: readHeads(), files: { ...manifest.files, ...readGolden().files } }
}

/** Writes the bundle into a new temporary folder, which the caller removes. */
export async function makeHeadsBundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'heads-'))
  await cp(tiny, folder, { recursive: true })
  for (const file of ['idh.onnx', 'survival.onnx']) await cp(join(headsFolder, file), join(folder, file))
  await writeFile(join(folder, 'bundle.json'), JSON.stringify(headsManifest()))
  return folder
}

/** The head's real graph, run in this process; counts its rows. */
export async function runnerOf(name: 'idh' | 'survival') {
  const head = readHeads()[name]
  if (head.status === 'not_evaluable') throw new Error('the fixture has this head')
  const session = await openHead(readFileSync(join(headsFolder, head.file)), head, head.features.length)
  return { head, run: session.run }
}

/** As if calibrated on so many patients that the sampling error vanishes, and no bound but 99 % is left. */
export function fromManyPatients<T extends RunnableHead>(head: T): T {
  const n = 1e12
  if (head.status === 'tabular-survival')
    return { ...head, risk_groups: head.risk_groups.map((group) => ({ ...group, n })) }
  const all = (value: number) => Object.fromEntries(head.classes.map((label) => [label, value]))
  return {
    ...head,
    calibration: { n_by_class: all(n), bins: [], max_probability: all(1), min_call_probability: 0.8 },
  }
}

/** Runs each head as the service's runner does. */
export const headRunner: Pick<ModelRunner, 'runHead'> = {
  runHead: async ({ head, rows, count, members }) =>
    (await runnerOf(head as 'idh' | 'survival')).run(rows, count, members),
}
