// Compares the main job with a reference pipeline in Python on the same study, archive and ONNX files, in one run.
// Usage: GLIABRIDGE_PYTHON=PYTHON node bin/run.mjs bench/reference.ts     writes bench/results/reference.{json,md}
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startDemoEhr } from '../demo/ehr/ehr-server.ts'
import { startOrthanc } from '../test/support/orthanc.ts'
import { runDemo } from './run-demo.ts'

const RESULTS = new URL('results/', import.meta.url)
const PIPELINE = fileURLToPath(new URL('reference/pipeline.py', import.meta.url))
const BUNDLE = fileURLToPath(new URL('../config/models/glioma-cascade-1mm', import.meta.url))
const STAGES = ['retrieve', 'prepare', 'segment', 'encode'] as const
const THREADS = 2

interface Reference {
  stages: Record<string, { seconds: number; cpuSeconds: number }>
  peakRssMb: number
  volumesMl: Record<string, number>
}

async function main(): Promise<void> {
  const python = process.env.GLIABRIDGE_PYTHON
  if (!python) throw new Error('set GLIABRIDGE_PYTHON to a Python with bench/reference/requirements.txt')
  const folder = await mkdtemp(join(tmpdir(), 'gliabridge-reference-'))
  const orthanc = await startOrthanc()
  const ehr = await startDemoEhr()
  try {
    const ours = await runDemo(orthanc, folder, [])
    const summary = ours.summary as unknown as {
      times: Record<string, number>
      execution: { peakRssMb: number }
      measurements: { region: string; value: number }[]
    }
    const args = [PIPELINE, '--pacs', orthanc.url, '--user', orthanc.username, '--password', orthanc.password]
    args.push('--ehr', ehr.url, '--study', ours.studyInstanceUid, '--bundle', BUNDLE, '--threads', String(THREADS))
    const { stdout } = await promisify(execFile)(python, args, { maxBuffer: 2 ** 24 })
    const reference = JSON.parse(stdout.trim().split('\n').at(-1)!) as Reference
    const report = {
      command: 'node bin/run.mjs bench/reference.ts',
      machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`,
      node: process.version,
      service: {
        seconds: summary.times,
        peakRssMb: { service: ours.peakRssMb, inference: summary.execution.peakRssMb },
        volumesMl: Object.fromEntries(summary.measurements.map(({ region, value }) => [region, value])),
      },
      reference,
    }
    await writeFile(new URL('reference.json', RESULTS), `${JSON.stringify(report, null, 2)}\n`)
    await writeFile(new URL('reference.md', RESULTS), markdown(report))
    process.stdout.write(markdown(report))
  } finally {
    await Promise.all([orthanc.close(), ehr.close()])
    await rm(folder, { recursive: true, force: true })
  }
}

interface Report {
  machine: string
  node: string
  service: {
    seconds: Record<string, number>
    peakRssMb: { service: number; inference: number }
    volumesMl: Record<string, number>
  }
  reference: Reference
}

function markdown({ machine, node, service, reference }: Report): string {
  const row = (name: string, ours: number, its: number) =>
    `| ${name} | ${ours.toFixed(1)} | ${its.toFixed(1)} | ${(ours / its).toFixed(2)} |`
  const its = (name: string) => reference.stages[name]!.seconds
  const sum = (of: (name: string) => number) =>
    STAGES.filter((name) => name !== 'segment').reduce((total, name) => total + of(name), 0)
  const volumes = (of: Record<string, number>) =>
    ['WT', 'TC', 'ET'].map((region) => `${region} ${(of[region] ?? 0).toFixed(1)}`).join(', ')
  return `# The main job beside Python

Made by \`bench/reference.ts\` on ${machine}, Node ${node.slice(1)}, ${THREADS} threads: the generated study, through a real Orthanc, first by the service (the demo
command), then by \`bench/reference/pipeline.py\` (dicomweb-client, pydicom, SimpleITK, ONNX Runtime, highdicom, requests) with the same ONNX files. The
reference does less: no U-Net at 2 mm beside the cascade, no PDF, SR, predictions, samples or retries; "encode" is its segmentation alone, and all objects of the service.

| stage | service s | reference s | ratio |
|---|---|---|---|
${STAGES.map((name) => row(name, service.seconds[name] ?? 0, its(name))).join('\n')}
${row(
  'all but segment',
  sum((name) => service.seconds[name] ?? 0),
  sum(its),
)}

Peak memory: service ${service.peakRssMb.service} MiB (with the embedded EHR and the generated study) and inference ${service.peakRssMb.inference} MiB; reference ${reference.peakRssMb} MiB.
Volumes in mL: service ${volumes(service.volumesMl)}; reference ${volumes(reference.volumesMl)}.
`
}

await main()
