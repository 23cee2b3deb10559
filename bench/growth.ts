// How time and memory grow with the slices of a series, the series of a study and the studies at once: from the archive to volumes, as the service reads them.
// Usage: node bin/run.mjs bench/growth.ts [--slices 100,200,…] [--series 1,2,…] [--studies 1,2,…] [--write]     writes bench/results/growth.{json,md,svg}
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { startDemoArchive } from '../demo/archive/archive-server.ts'
import { deterministicUid } from '../src/dicom/uid.ts'
import { createDicomWebClient } from '../src/dicomweb/client.ts'
import { quietLog } from '../test/support/quiet-log.ts'
import { type Curve, chartOf } from './growth-chart.ts'
import type { Measured, Task } from './growth-read.ts'
import { sliceFiles } from './growth-slices.ts'

const RESULTS = new URL('results/', import.meta.url)
const READER = fileURLToPath(new URL('growth-read.ts', import.meta.url))
/** What the other two are where one grows. */
const FIXED = { slices: 100, series: 4, studies: 1 }
type Axis = keyof typeof FIXED
const AXES: Axis[] = ['slices', 'series', 'studies']

const { values } = parseArgs({
  options: {
    slices: { type: 'string', default: '100,200,500,1000,2000,5000' },
    series: { type: 'string', default: '1,2,4,8,16,32' },
    studies: { type: 'string', default: '1,2,4,8' },
    write: { type: 'boolean', default: false },
  },
})
const pointsOf = (axis: Axis) =>
  values[axis].split(',').map((text) => {
    const count = Number(text)
    if (!Number.isInteger(count) || count < 1)
      throw new Error(`--${axis} must be whole numbers above zero, not ${text}`)
    return count
  })

/** Stores what is to be read in an archive of its own, and has a process of its own read it. */
async function measure(point: typeof FIXED): Promise<Measured> {
  const server = await startDemoArchive()
  try {
    const archive = createDicomWebClient({ url: server.url, auth: { type: 'none' }, timeoutMs: 600_000, log: quietLog })
    const studies = Array.from({ length: point.studies }, (_, n) => deterministicUid('growth', String(n)))
    for (const study of studies)
      for (let n = 0; n < point.series; n += 1) await archive.store(study, sliceFiles(study, n, point.slices))
    const task: Task = { url: server.url, studies }
    const args = ['--disable-warning=ExperimentalWarning', READER, JSON.stringify(task)]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return JSON.parse(stdout) as Measured
  } finally {
    await server.close()
  }
}

interface Row extends Measured {
  axis: Axis
  count: number
}

const rows: Row[] = []
for (const axis of AXES)
  for (const count of pointsOf(axis)) {
    const point = axis === 'slices' ? { ...FIXED, series: 1, slices: count } : { ...FIXED, [axis]: count }
    const row = { axis, count, ...(await measure(point)) }
    rows.push(row)
    process.stdout.write(`${JSON.stringify(row)}\n`)
  }

const curves = AXES.map((axis): Curve => {
  const points = rows.filter((row) => row.axis === axis)
  return {
    axis: `${axis}${axis === 'slices' ? ' of a series' : axis === 'series' ? ` of ${FIXED.slices} slices` : ' at once'}`,
    points: points.map(({ count, seconds, megabytes }) => ({ count, seconds, megabytes })),
  }
})
if (values.write) {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, load ${loadavg()[0]?.toFixed(1)}`
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  writeFileSync(new URL('growth.json', RESULTS), `${JSON.stringify({ version, machine, rows }, null, 2)}\n`)
  writeFileSync(new URL('growth.svg', RESULTS), chartOf(curves))
  writeFileSync(new URL('growth.md', RESULTS), pageOf(machine))
}

function pageOf(machine: string): string {
  const lines = rows.map(
    ({ axis, count, seconds, megabytes, voxels }) =>
      `| ${axis} | ${count} | ${seconds.toFixed(2)} | ${Math.round(megabytes)} | ${((seconds * 1e6) / voxels).toFixed(3)} |`,
  )
  return `# How reading grows

Written by \`node bin/run.mjs bench/growth.ts --write\` (${machine}). From an embedded archive over DICOMweb to volumes in memory, all of a study kept, in one process; 192 × 192 pixels of 16 bits, no compression. Series and studies have
${FIXED.slices} slices a series, and studies ${FIXED.series} series each. The service bounds the voxels that it holds at once (\`pools.inFlightMiB\`), which this bench does not.

![Seconds and memory by slices, series and studies](growth.svg)

| what grows | to | s | peak MB | s per million voxels |
|---|---|---|---|---|
${lines.join('\n')}
`
}
