// Prints the sha256 of reports rendered in this process, for comparison with other processes.
import { createHash } from 'node:crypto'
import { renderReportPdf } from './letterhead.ts'
import { COARSE, syntheticCase } from './result.ts'

const input = syntheticCase(COARSE)
input.result.patient.patientName = 'Yamada^Tarou=山田^太郎=やまだ^たろう'
const bytes = await renderReportPdf(input)
process.stdout.write(createHash('sha256').update(bytes).digest('hex'))
