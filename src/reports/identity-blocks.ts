// The top of the page: what it is, that it has not been reviewed, whose it is, and the finding in one sentence.

import { ascent, type Block, drawBand, drawRule, drawText, leading, paragraph, STYLES, type Tools } from './blocks.ts'
import type { Parent } from './canvas.ts'
import { INK } from './colours.ts'
import type { Field, ReportContent } from './page-content.ts'
import type { Line, Style } from './text.ts'

/** Title, institution, and the review status in a box that stays legible when faxed. */
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
  const names = nameLines(tools, content.patientNames, half)
  const patient = fieldsBlock(tools, parent, content.patientFields, half)
  const study = fieldsBlock(tools, parent, content.studyFields, half)
  return {
    height: 11 + Math.max(names.height + 2 + patient.height, 1 + study.height) + 4,
    draw: (x, y) => {
      const right = x + half + 22
      drawText(tools, parent, 'H2', tools.words.sections.patient, { x, y, width: half }, STYLES.small, INK.muted)
      paragraph(tools, parent, names.lines, names.style).draw(x, y + 11)
      patient.draw(x, y + 11 + names.height + 2)
      drawText(tools, parent, 'H2', tools.words.sections.study, { x: right, y, width: half }, STYLES.small, INK.muted)
      study.draw(right, y + 12)
    },
  }
}

/** All writings of the name on one line if they fit, otherwise below each other and smaller, before any letter is cut. */
function nameLines(
  { measurer }: Tools,
  names: string[],
  width: number,
): { style: Style; lines: Line[]; height: number } {
  const one = measurer.wrap(names.join(' · '), STYLES.name, width, 2)
  if (one.length === 1) return { style: STYLES.name, lines: one, height: leading(STYLES.name) }
  const style = { size: 9, weight: 'bold' } as const
  const most = names.length === 1 ? 3 : 2
  const lines = names.flatMap((name, n) => measurer.wrap(name, style, width, n === 0 ? most : 1))
  return { style, lines, height: lines.length * leading(style) }
}

/** Labels and values. A value may take two lines: an identifier that is cut does not identify anyone. */
function fieldsBlock(tools: Tools, parent: Parent, fields: Field[], width: number): Block {
  const style = STYLES.body
  const rows = fields.map((field) => ({
    ...field,
    lines: tools.measurer.wrap(field.value, style, width - LABEL_WIDTH, 2),
  }))
  return {
    height: rows.reduce((sum, row) => sum + row.lines.length * ROW, 0),
    draw: (x, y) => {
      let top = y
      for (const { label, value, lines } of rows) {
        drawText(tools, parent, 'P', label, { x, y: top, width: LABEL_WIDTH - 4 }, style, INK.muted)
        const ink = value === tools.words.notStated ? INK.muted : INK.text
        tools.canvas.tag(parent, 'P', () => {
          for (const [n, line] of lines.entries()) {
            tools.canvas.write(line, x + LABEL_WIDTH, top + n * ROW + ascent(style), style.size, ink)
          }
        })
        top += lines.length * ROW
      }
    },
  }
}

/** The finding in one sentence, on a band. */
export function summaryBlock(tools: Tools, parent: Parent, content: ReportContent, width: number): Block {
  const lines = tools.measurer.wrap(content.summary, STYLES.summary, width - 20, 3)
  const height = lines.length * leading(STYLES.summary) + 11
  return {
    height,
    draw: (x, y) => {
      drawBand(tools, x, y, width, height)
      tools.canvas.tag(parent, 'P', () => {
        lines.forEach((line, n) => {
          const base = y + 5 + ascent(STYLES.summary) + n * leading(STYLES.summary)
          tools.canvas.write(line, x + 11, base, STYLES.summary.size, INK.text)
        })
      })
    },
  }
}
