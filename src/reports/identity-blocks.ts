// The top of the page: what it is, that nobody reviewed it, whose it is, and the finding in one sentence.
import { ascent, type Block, drawRule, drawText, leading, STYLES, type Tools } from './blocks.ts'
import type { Parent } from './canvas.ts'
import { INK } from './colours.ts'
import type { Field, ReportContent } from './content.ts'
import * as words from './wording/en.ts'

/** Title, institution and the review status in a box that survives a fax. */
export function headerBlock(
  tools: Tools,
  parent: Parent,
  content: ReportContent,
  institution: string,
  width: number,
): Block {
  return {
    height: 34,
    draw: (x, y) => {
      const { canvas, measurer } = tools
      const status = measurer.fit(content.status, STYLES.status, width / 2)
      const box = { width: status.width + 16, height: 18 }
      const left = x + width - box.width
      drawText(tools, parent, 'H1', content.title, { x, y, width: width / 2 }, STYLES.title)
      if (institution.trim() !== '') {
        const at = { x: left - 12, y: y + 5, width: width - box.width - 200, align: 'right' as const }
        drawText(tools, parent, 'P', institution, at, STYLES.body, INK.muted)
      }
      canvas.artifact((doc) => doc.rect(left, y + 1, box.width, box.height).fill(INK.text))
      canvas.tag(parent, 'P', () => canvas.write(status, left + 8, y + 13.2, STYLES.status.size, INK.paper))
      drawRule(tools, x, y + 26, width, INK.text)
    },
  }
}

const LABEL_WIDTH = 56
const ROW = 11

/** Patient on the left, study on the right. */
export function identityBlock(tools: Tools, parent: Parent, content: ReportContent, width: number): Block {
  const half = (width - 22) / 2
  const name = nameLines(tools, content.patientName, half)
  const nameHeight = Math.max(leading(STYLES.name), name.lines.length * leading(name.style))
  const height =
    11 + Math.max(nameHeight + 2 + content.patientFields.length * ROW, content.studyFields.length * ROW) + 4
  return {
    height,
    draw: (x, y) => {
      const right = x + half + 22
      drawText(tools, parent, 'H2', words.SECTIONS.patient, { x, y, width: half }, STYLES.small, INK.muted)
      tools.canvas.tag(parent, 'P', () => {
        name.lines.forEach((line, n) => {
          tools.canvas.write(line, x, y + 11 + ascent(name.style) + n * leading(name.style), name.style.size, INK.text)
        })
      })
      drawFields(tools, parent, content.patientFields, x, y + 11 + nameHeight + 2, half)
      drawText(tools, parent, 'H2', words.SECTIONS.study, { x: right, y, width: half }, STYLES.small, INK.muted)
      drawFields(tools, parent, content.studyFields, right, y + 12, half)
    },
  }
}

/** A name is made smaller and given three lines before a letter of it is cut. */
function nameLines({ measurer }: Tools, name: string, width: number) {
  const one = measurer.wrap(name, STYLES.name, width, 2)
  if (one.length === 1) return { style: STYLES.name, lines: one }
  const style = { size: 9, weight: 'bold' } as const
  return { style, lines: measurer.wrap(name, style, width, 3) }
}

function drawFields(tools: Tools, parent: Parent, fields: Field[], x: number, y: number, width: number): void {
  fields.forEach((field, n) => {
    const row = y + n * ROW
    const absent = field.value === words.NOT_STATED
    drawText(tools, parent, 'P', field.label, { x, y: row, width: LABEL_WIDTH - 4 }, STYLES.body, INK.muted)
    drawText(
      tools,
      parent,
      'P',
      field.value,
      { x: x + LABEL_WIDTH, y: row, width: width - LABEL_WIDTH },
      STYLES.body,
      absent ? INK.muted : INK.text,
    )
  })
}

/** The finding in one sentence, on a band. */
export function summaryBlock(tools: Tools, parent: Parent, content: ReportContent, width: number): Block {
  const lines = tools.measurer.wrap(content.summary, STYLES.summary, width - 20, 2)
  const height = lines.length * leading(STYLES.summary) + 11
  return {
    height,
    draw: (x, y) => {
      tools.canvas.artifact((doc) => {
        doc.rect(x, y, width, height).fill(INK.band)
        doc.rect(x, y, 2.5, height).fill(INK.text)
      })
      tools.canvas.tag(parent, 'P', () => {
        lines.forEach((line, n) => {
          const base = y + 5 + ascent(STYLES.summary) + n * leading(STYLES.summary)
          tools.canvas.write(line, x + 11, base, STYLES.summary.size, INK.text)
        })
      })
    },
  }
}
