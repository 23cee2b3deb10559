// The Kaplan-Meier curve of the patient's risk group with its 95 % band, and the patient's predicted survival on it.
import { monthsShown, stepCorners, TICK_MONTHS } from '../domain/kaplan-meier.ts'
import { ascent, type Block, drawHeading, drawText, HEADING_HEIGHT, leading, STYLES, type Tools } from './blocks.ts'
import type { Parent } from './canvas.ts'
import type { SurvivalCurve } from './chart-content.ts'
import { INK } from './colours.ts'

const PLOT_HEIGHT = 41
const AXIS_LEFT = 28
const LEGEND_WIDTH = 132
const BELOW = 12

export function survivalBlock(tools: Tools, parent: Parent, curve: SurvivalCurve, width: number): Block {
  return {
    height: HEADING_HEIGHT + 4 + PLOT_HEIGHT + BELOW,
    draw: (x, y) => {
      drawHeading(tools, parent, tools.words.sections.survival, x, y, width)
      const box = {
        left: x + AXIS_LEFT,
        top: y + HEADING_HEIGHT + 4,
        width: width - AXIS_LEFT - LEGEND_WIDTH - 14,
        height: PLOT_HEIGHT,
      }
      const bottom = y + HEADING_HEIGHT + 4 + PLOT_HEIGHT + BELOW
      const bbox: [number, number, number, number] = [x, y + HEADING_HEIGHT, x + width, bottom]
      tools.canvas.tag(parent, 'Figure', () => drawPlot(tools, curve, box), { alt: curve.alternative, bbox })
      drawLegend(tools, parent, curve, x + width - LEGEND_WIDTH, box.top)
    },
  }
}

interface Box {
  left: number
  top: number
  width: number
  height: number
}

function drawPlot({ canvas, measurer }: Tools, curve: SurvivalCurve, box: Box): void {
  const last = monthsShown(
    curve.months,
    curve.points.map(({ month }) => month),
  )
  const atMonth = (month: number) => round(box.left + (box.width * Math.min(last, Math.max(0, month))) / last)
  const atShare = (share: number) => round(box.top + box.height * (1 - Math.min(1, Math.max(0, share))))
  const label = (text: string, x: number, y: number, align: 'right' | 'center') => {
    const line = measurer.fit(text, STYLES.small, 90)
    const left = align === 'right' ? x - line.width : x - line.width / 2
    canvas.write(line, left, y, STYLES.small.size, INK.muted)
  }
  canvas.paint((doc) => {
    const upper = stepCorners(curve.months, curve.upper, last)
    const lower = stepCorners(curve.months, curve.lower, last)
    doc.moveTo(atMonth(upper[0]![0]), atShare(upper[0]![1]))
    for (const [month, share] of [...upper.slice(1), ...lower.reverse()]) doc.lineTo(atMonth(month), atShare(share))
    doc.closePath().fill(INK.track)
    doc.lineWidth(0.5).strokeColor(INK.rule)
    for (const share of [0, 0.5, 1]) doc.moveTo(box.left, atShare(share)).lineTo(box.left + box.width, atShare(share))
    for (let month = 0; month <= last; month += TICK_MONTHS)
      doc.moveTo(atMonth(month), atShare(0)).lineTo(atMonth(month), atShare(0) + 2.5)
    doc.stroke()
    const line = stepCorners(curve.months, curve.survival, last)
    doc.moveTo(atMonth(line[0]![0]), atShare(line[0]![1]))
    for (const [month, share] of line.slice(1)) doc.lineTo(atMonth(month), atShare(share))
    doc.lineWidth(1.1).lineJoin('miter').strokeColor(INK.muted).stroke()
    for (const { month, probability, interval } of curve.points) {
      if (interval) {
        doc.moveTo(atMonth(month), atShare(interval[0])).lineTo(atMonth(month), atShare(interval[1]))
        for (const end of interval)
          doc.moveTo(atMonth(month) - 2, atShare(end)).lineTo(atMonth(month) + 2, atShare(end))
        doc.lineWidth(0.9).strokeColor(INK.text).stroke()
      }
      doc.circle(atMonth(month), atShare(probability), 2.1).fill(INK.text)
    }
  })
  for (const share of [0, 0.5, 1]) label(`${share * 100} %`, box.left - 4, atShare(share) + 2.5, 'right')
  for (let month = 0; month <= last; month += TICK_MONTHS)
    label(String(month), atMonth(month), atShare(0) + 10.5, 'center')
}

function drawLegend(tools: Tools, parent: Parent, curve: SurvivalCurve, x: number, y: number): void {
  const { canvas, words } = tools
  const text = { x: x + 20, width: LEGEND_WIDTH - 20 }
  const pitch = leading(STYLES.small) + 3
  const middle = (n: number) => y + n * pitch + ascent(STYLES.small) - 2.5
  canvas.artifact((doc) => {
    doc.circle(x + 7, middle(0), 2.1).fill(INK.text)
    doc
      .moveTo(x + 7, middle(0) - 4)
      .lineTo(x + 7, middle(0) + 4)
      .lineWidth(0.9)
      .strokeColor(INK.text)
      .stroke()
    doc
      .moveTo(x, middle(1))
      .lineTo(x + 14, middle(1))
      .lineWidth(1.1)
      .strokeColor(INK.muted)
      .stroke()
    doc.rect(x, middle(2) - 3, 14, 6).fill(INK.track)
  })
  for (const [n, line] of [words.patientLegend, curve.groupLegend, words.bandLegend].entries()) {
    drawText(tools, parent, 'P', line, { ...text, y: y + n * pitch }, STYLES.small)
  }
  const months = { x, y: y + PLOT_HEIGHT + 3, width: LEGEND_WIDTH }
  drawText(tools, parent, 'P', words.monthsAxis, months, STYLES.small, INK.muted)
}

const round = (value: number) => Math.round(value * 100) / 100
