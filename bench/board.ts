// Times the PDF of a meeting for a number of patients, from stored results to bytes. node bin/run.mjs bench/board.ts [PATIENTS]

import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import type { BoardEntry } from '../src/domain/board.ts'
import { fontFiles } from '../src/fonts/files.ts'
import { packFigures } from '../src/reports/kept-figures.ts'
import { drawMeetingPdf } from '../src/reports/meeting.ts'
import { reportFigures } from '../src/reports/pdf.ts'
import { comparisonOf } from '../test/support/comparison.ts'
import { SAGITTAL, syntheticCase } from '../test/support/result.ts'

const NAMES = [
  'Sørensen^Åse Marie',
  'Okonkwo^Chidi',
  'Sato^Hanako=佐藤^花子',
  'Παπαδοπούλου^Ελένη',
  'García^José',
  '김^민준',
]
const count = Number(process.argv[2] ?? 20)

const base = syntheticCase(SAGITTAL)
const result = { ...base.result, comparison: comparisonOf(base.result) }
// The pictures of one case, unpacked for each patient, as the service would unpack each patient's own.
const figures = packFigures(reportFigures({ ...base, result, link: 'https://glioma.hospital.example/analyses/a' }))
const entries = Array.from({ length: count }, (_, n): BoardEntry => {
  const patient = { ...result.patient, patientName: NAMES[n % NAMES.length]!, patientId: `GB-${n}` }
  return { requested: patient.patientId, analysisId: `a${n}`, result: { ...result, patient }, figures }
})

const started = performance.now()
const bytes = await drawMeetingPdf({
  entries,
  letterhead: { institution: 'Universitätsklinikum Musterstadt', language: 'en', fonts: fontFiles },
  at: new Date(0),
  software: { name: 'Gliabridge', version: 'bench' },
})
const seconds = Number(((performance.now() - started) / 1000).toFixed(1))
const megabytes = Number((bytes.length / 1e6).toFixed(1))
const [load] = loadavg()
const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, load ${load?.toFixed(1)}`
const measured = { patients: count, seconds, megabytes, machine }
const folder = new URL('results/', import.meta.url)
await writeFile(new URL('board.json', folder), `${JSON.stringify(measured, null, 2)}\n`)
await writeFile(
  new URL('board.md', folder),
  `# The PDF of a meeting\n\nWritten by \`node bin/run.mjs bench/board.ts\`; names in four scripts, the pictures of one generated case.\n\n| patients | seconds | MB | machine |\n|---|---|---|---|\n| ${count} | ${seconds} | ${megabytes} | ${machine} |\n`,
)
process.stdout.write(`${JSON.stringify(measured)}\n`)
