// Chart of the tumour's volumes over the patient's studies, with 95 % intervals, for the appendix of a follow-up report.
import { type CourseLine, volumeTicks } from '../domain/volume-course.ts'
import { type Block, drawHeading, drawText, HEADING_HEIGHT, STYLES, type Tools } from './blocks.ts'
import type { Parent } from './canvas.ts'
import { INK, OVERLAYS } from './colours.ts'

const PLOT_HEIGHT = 110
const AXIS_LEFT = 24
const NAMES = 52
const BELOW = 24
const LABEL_PITCH = 8.5

/** The same colours and dashes as the outlines in the images. */
const LOOKS: Readonly<Record<string, { colour: string; dash: readonly number[]; name: 'WT' | 'TC' | 'ET' }>> = {
  WT: { colour: OVERLAYS.ED!.colour, dash: [], name: 'WT' },
  TC: { colour: OVERLAYS.NCR!.colour, dash: [3, 1.5], name: 'TC' },
  ET: { colour: OVERLAYS.ET!.colour, dash: [], name: 'ET' },
}

export function courseBlock(tools: Tools, parent: Parent, lines: readonly CourseLine[], width: number): Block {
  const height = HEADING_HEIGHT + 4 + PLOT_HEIGHT + BELOW
  return {
    height,
    draw: (x, y) => {
      const { words } = tools
      drawHeading(tools, parent, `${words.course.title}, ${words.course.unit}`, x, y, width)
      const bbox: [number, number, number, number] = [x, y + HEADING_HEIGHT, x + width, y + height - 12]
      const box = { left: x + AXIS_LEFT, top: y + HEADING_HEIGHT + 4, width: width - AXIS_LEFT - NAMES }
      const note = { x, y: y + height - 8, width }
      tools.canvas.tag(parent, 'Figure', () => drawCurve(tools, lines, box), { alt: words.courseSentence(lines), bbox })
      drawText(tools, parent, 'P', words.course.intervals, note, STYLES.small, INK.muted)
    },
  }
}

interface Box {
  left: number
  top: number
  width: number
}

function drawCurve({ canvas, measurer, words }: Tools, lines: readonly CourseLine[], { left, top, width }: Box): void {
  const ticks = volumeTicks(lines)
  const last = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ days }) => days)))
  const atDay = (day: number) => round(left + (width * day) / last)
  const atVolume = (ml: number) => round(top + PLOT_HEIGHT * (1 - ml / ticks.at(-1)!))
  const label = (text: string, x: number, y: number, share: 0 | 0.5 | 1, colour: string = INK.muted) => {
    const line = measurer.fit(text, STYLES.small, 90)
    canvas.write(line, x - share * line.width, y, STYLES.small.size, colour)
  }
  canvas.paint((doc) => {
    doc.lineWidth(0.5).strokeColor(INK.rule)
    for (const ml of ticks) doc.moveTo(left, atVolume(ml)).lineTo(left + width, atVolume(ml))
    doc.stroke()
    for (const { region, points } of lines) {
      const { colour, dash } = LOOKS[region]!
      for (const [n, { days, value }] of points.entries())
        if (n === 0) doc.moveTo(atDay(days), atVolume(value))
        else doc.lineTo(atDay(days), atVolume(value))
      doc.lineWidth(1.2).strokeColor(colour)
      if (dash.length > 0) doc.dash(dash[0]!, { space: dash[1]! })
      doc.stroke().undash()
      for (const { days, value, interval } of points) {
        if (interval) {
          doc.moveTo(atDay(days), atVolume(interval[0])).lineTo(atDay(days), atVolume(interval[1]))
          doc.lineWidth(0.8).strokeColor(INK.text).stroke()
        }
        doc.circle(atDay(days), atVolume(value), 1.8).fill(colour)
      }
    }
  })
  for (const ml of ticks) label(words.short(ml, 2), left - 4, atVolume(ml) + 2.5, 1)
  const dates = lines[0]!.points
  for (const { days, studyDate } of [dates[0]!, dates.at(-1)!])
    label(words.readDate(studyDate), atDay(days), top + PLOT_HEIGHT + 10.5, 0.5)
  let above = Number.NEGATIVE_INFINITY
  const ends = lines
    .map(({ region, points }) => ({ region, end: points.at(-1)! }))
    .sort((a, b) => b.end.value - a.end.value)
  for (const { region, end } of ends) {
    above = Math.max(atVolume(end.value) + 2.5, above + LABEL_PITCH)
    label(words.course.regions[LOOKS[region]!.name], atDay(end.days) + 5, above, 0, INK.text)
  }
}

const round = (value: number) => Math.round(value * 100) / 100
