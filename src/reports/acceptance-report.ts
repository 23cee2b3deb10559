// An acceptance as a PDF: go or no-go, the limits, what was run, and every study; PDF/A-2a and PDF/UA-1 like the report.
import type { AcceptanceReport } from '../domain/acceptance.ts'
import {
  ACCEPTANCE,
  agreementWords,
  inventory,
  limitWords,
  measuredWords,
  resultWords,
  verifyCommand,
  verifyWords,
} from '../wording/acceptance.ts'
import { WORDS } from '../wording/report-words.ts'
import { drawText, leading, STYLES, type Tools } from './blocks.ts'
import { Canvas, MARGIN } from './canvas.ts'
import { INK } from './colours.ts'
import { type Flow, startFlow } from './flow.ts'
import { drawTableRow } from './flow-table.ts'
import { openFonts } from './fonts.ts'
import type { Letterhead } from './page-content.ts'
import { pageNumbers, TYPOGRAPHY } from './pdf.ts'
import { createMeasurer } from './text.ts'

export interface AcceptanceDocument {
  report: AcceptanceReport
  /** Name and sha256 of the JSON with the same content. */
  json: { name: string; sha256: string }
  letterhead: Letterhead
}

const DECISION = { size: 22, weight: 'bold' } as const
const LIMITS = [0.56, 0.32, 0.12] as const
const PAIR = [0.2, 0.8] as const
const STUDY = [0.3, 0.36, 0.34] as const

/** For those who run the service, who read its pages and settings in English too. */
const words = WORDS.en

/** The same report gives the same bytes. */
export async function drawAcceptancePdf({ report, json, letterhead }: AcceptanceDocument): Promise<Uint8Array> {
  const { institution, paper = 'A4', fonts } = letterhead
  const { software, begunAt, bundle } = report.plan
  const measurer = createMeasurer(await openFonts(fonts, [JSON.stringify(report), institution, TYPOGRAPHY]))
  const canvas = new Canvas({
    title: `${ACCEPTANCE.title} ${bundle.id} ${bundle.version}, ${begunAt.slice(0, 10)}`,
    creator: `${software.name} ${software.version}`,
    subject: report.decision === 'go' ? ACCEPTANCE.go : ACCEPTANCE.noGo,
    language: words.language,
    date: new Date(report.endedAt),
    paper,
  })
  const tools = { canvas, measurer, words }
  const flow = startFlow(tools)
  drawHead(tools, flow, report, institution)
  drawTable(tools, flow, ACCEPTANCE.limits, LIMITS, [
    [ACCEPTANCE.limit, ACCEPTANCE.measured, ACCEPTANCE.verdict],
    ...report.verdicts.map((verdict) => [
      limitWords(verdict.limit),
      measuredWords(verdict),
      verdict.isMet ? ACCEPTANCE.yes : ACCEPTANCE.no,
    ]),
  ])
  drawTable(tools, flow, ACCEPTANCE.ran, PAIR, inventory(report))
  drawTable(tools, flow, ACCEPTANCE.studies, STUDY, [
    [ACCEPTANCE.study, ACCEPTANCE.result, ACCEPTANCE.reference],
    ...report.studies.map((study) => [study.name, resultWords(study), agreementWords(study)]),
  ])
  const foot = canvas.group(canvas.root, 'Sect')
  flow.heading(foot, ACCEPTANCE.verify)
  flow.text(foot, verifyWords(json.name, json.sha256), STYLES.body)
  flow.skip(3)
  flow.text(foot, verifyCommand(json.name), STYLES.strong)
  flow.skip(3)
  flow.text(foot, ACCEPTANCE.research, STYLES.body)
  return canvas.finish(pageNumbers(tools))
}

function drawHead(tools: Tools, flow: Flow, { decision, plan }: AcceptanceReport, institution: string): void {
  const { canvas } = tools
  const head = canvas.group(canvas.root, 'Sect')
  const y = flow.room(leading(STYLES.title) + 2)
  drawText(tools, head, 'H1', ACCEPTANCE.title, { x: MARGIN, y, width: flow.width / 2 }, STYLES.title)
  if (institution !== '') {
    const right = { x: MARGIN + flow.width, y: y + 5, width: flow.width / 2, align: 'right' } as const
    drawText(tools, head, 'P', institution, right, STYLES.name)
  }
  flow.text(head, `${plan.bundle.name}, ${plan.bundle.id} ${plan.bundle.version}`, STYLES.summary)
  flow.skip(8)
  flow.text(head, decision === 'go' ? ACCEPTANCE.go : ACCEPTANCE.noGo, DECISION)
  flow.skip(12)
}

/** With more than two columns, the first row holds headings. */
function drawTable(
  tools: Tools,
  flow: Flow,
  title: string,
  columns: readonly number[],
  rows: readonly (readonly string[])[],
): void {
  const parent = tools.canvas.group(tools.canvas.root, 'Sect')
  flow.heading(parent, title)
  const table = tools.canvas.group(parent, 'Table')
  for (const [n, cells] of rows.entries()) {
    const isHead = n === 0 && columns.length > 2
    drawTableRow(tools, flow, table, cells, {
      columns,
      style: isHead ? STYLES.small : STYLES.body,
      ink: isHead ? INK.muted : INK.text,
      ...(isHead && { isHead: true }),
    })
  }
  flow.skip(14)
}
