// Tables of the page: volumes, series used, predictions with their uncertainty.

import type { Words } from '../wording/report-words.ts'
import { capital } from '../wording/sentences.ts'
import {
  type Block,
  drawHeading,
  drawRule,
  drawText,
  HEADING_HEIGHT,
  leading,
  paragraph,
  STYLES,
  type Tools,
} from './blocks.ts'
import type { Parent } from './canvas.ts'
import { INK } from './colours.ts'
import type { ReportContent, VolumeRow } from './page-content.ts'
import type { PredictionRow, ProbabilityLine } from './prediction-rows.ts'

const HEAD_ROW = 10.5
const ROW = 11.75

/** A column of numbers that ends `fromRight` points before the right edge. */
interface VolumeColumn {
  title: string
  fromRight: number
  room: number
  isMain: boolean
  textOf(row: VolumeRow): string
}

const single = ({ labels }: Words): readonly VolumeColumn[] => [
  { title: labels.volume, fromRight: 40, room: 44, isMain: true, textOf: ({ value }) => value },
  { title: labels.deviation, fromRight: 0, room: 38, isMain: false, textOf: ({ deviation }) => deviation },
]
/** With an earlier study, the change replaces the deviation, which is part of the change's own. */
const compared = ({ labels }: Words): readonly VolumeColumn[] => [
  { title: labels.earlier, fromRight: 84, room: 27, isMain: false, textOf: ({ change }) => change?.earlier ?? '' },
  { title: labels.now, fromRight: 55, room: 28, isMain: true, textOf: ({ value }) => value },
  { title: labels.change, fromRight: 0, room: 53, isMain: false, textOf: ({ change }) => change?.text ?? '' },
]

/** Regions and labels with volume and deviation; rows beyond `most` are counted, and the diameters follow below. */
export function volumesBlock(
  tools: Tools,
  parent: Parent,
  { volumes: rows, diameters }: Pick<ReportContent, 'volumes' | 'diameters'>,
  width: number,
  most: number,
): Block {
  const { words } = tools
  const below = paragraph(
    tools,
    parent,
    tools.measurer.wrap(diameters, STYLES.small, width, 2),
    STYLES.small,
    INK.muted,
  )
  const shown = rows.length > most ? rows.slice(0, most - 1) : rows
  const hidden = rows.length - shown.length
  const lines = Math.max(1, shown.length + (hidden > 0 ? 1 : 0))
  return {
    height: HEADING_HEIGHT + HEAD_ROW + lines * ROW + 2 + (diameters === '' ? 0 : below.height),
    draw: (x, y) => {
      drawHeading(tools, parent, words.sections.volumes, x, y, width)
      const table = tools.canvas.group(parent, 'Table')
      const head = tools.canvas.group(table, 'TR')
      const isCompared = rows.some(({ change }) => change)
      const columns = isCompared ? compared(words) : single(words)
      const top = y + HEADING_HEIGHT
      const column = { scope: 'Column' } as const
      const region = isCompared ? words.labels.regionInMl : words.labels.region
      drawText(tools, head, 'TH', region, { x, y: top, width: 100 }, STYLES.small, INK.muted, column)
      for (const { title, fromRight, room } of columns) {
        const at = { x: x + width - fromRight, y: top, width: room, align: 'right' as const }
        drawText(tools, head, 'TH', title, at, STYLES.small, INK.muted, column)
      }
      for (const [n, row] of shown.entries()) {
        drawVolume(tools, tools.canvas.group(table, 'TR'), row, x, top + HEAD_ROW + n * ROW, {
          columns,
          isCompared,
          width,
        })
      }
      for (const { name, region, value, deviation } of rows.slice(shown.length))
        tools.canvas.leaveOut(
          words.named(`${capital(name)} (${region})`, `${value} mL${deviation === '' ? '' : ` ± ${deviation}`}`),
        )
      const after = { x, y: top + HEAD_ROW + shown.length * ROW, width }
      if (hidden > 0) drawText(tools, parent, 'P', words.more(hidden), after, STYLES.body, INK.muted)
      if (rows.length === 0) drawText(tools, parent, 'P', words.noVolumes, after, STYLES.body, INK.muted)
      if (diameters !== '') below.draw(x, top + HEAD_ROW + lines * ROW + 1)
    },
  }
}

function drawVolume(
  tools: Tools,
  row: Parent,
  volume: VolumeRow,
  x: number,
  y: number,
  { columns, isCompared, width }: { columns: readonly VolumeColumn[]; isCompared: boolean; width: number },
): void {
  const { colour } = volume
  if (colour !== undefined) {
    tools.canvas.artifact((doc) => {
      doc.rect(x, y + 2, 5.5, 5.5).fill(colour)
    })
  }
  const columnsWidth = Math.max(...columns.map(({ fromRight, room }) => fromRight + room))
  const label = isCompared ? capital(volume.shortName) : `${capital(volume.name)} (${volume.region})`
  drawText(tools, row, 'TH', label, { x: x + 10, y, width: width - columnsWidth - 10 }, STYLES.body, INK.text, {
    scope: 'Row',
  })
  for (const { textOf, fromRight, room, isMain } of columns) {
    const at = { x: x + width - fromRight, y, width: room, align: 'right' as const }
    const [style, ink] = isMain ? [STYLES.strong, INK.text] : [STYLES.body, INK.muted]
    drawText(tools, row, 'TD', textOf(volume) || '–', at, style, ink)
  }
}

/** The network's input: two lines per series. */
export function seriesBlock(tools: Tools, parent: Parent, rows: ReportContent['series'], width: number): Block {
  const pitch = 2 * leading(STYLES.small) + 1.5
  return {
    height: HEADING_HEIGHT + rows.length * pitch,
    draw: (x, y) => {
      drawHeading(tools, parent, tools.words.sections.series, x, y, width)
      rows.forEach((row, n) => {
        const top = y + HEADING_HEIGHT + n * pitch
        const text = { x: x + 62, width: width - 62 }
        drawText(tools, parent, 'P', row.sequence, { x, y: top, width: 60 }, STYLES.smallStrong)
        drawText(tools, parent, 'P', row.description, { ...text, y: top }, STYLES.small)
        drawText(tools, parent, 'P', row.detail, { ...text, y: top + leading(STYLES.small) }, STYLES.small, INK.muted)
      })
    },
  }
}

const NAME_WIDTH = 64
const RESULT_WIDTH = 80
const BAR_WIDTH = 40
const VALUE_WIDTH = 62
const MAX_PROBABILITIES = 3

/** One row per head: one line per probability (at most three), and at most `reasonLines` lines that say why there is no call, or what supports it. */
export function predictionsBlock(
  tools: Tools,
  parent: Parent,
  rows: PredictionRow[],
  width: number,
  reasonLines: number,
): Block {
  const { words } = tools
  const style = STYLES.small
  const room = width - NAME_WIDTH - RESULT_WIDTH
  const laid = rows.map((row) => {
    const reason = tools.measurer.wrap(row.reason, style, room, reasonLines)
    const shown = row.lines.length > MAX_PROBABILITIES ? row.lines.slice(0, MAX_PROBABILITIES - 1) : row.lines
    const hidden = row.lines.length - shown.length
    const count = Math.max(row.detail === '' ? 1 : 2.2, reason.length + shown.length + (hidden > 0 ? 1 : 0))
    return { row, reason, shown, hidden, height: count * leading(style) + 4.5 }
  })
  return {
    height: HEADING_HEIGHT + HEAD_ROW + laid.reduce((sum, { height }) => sum + height, 0),
    draw: (x, y) => {
      drawHeading(tools, parent, words.sections.predictions, x, y, width)
      const table = tools.canvas.group(parent, 'Table')
      const head = tools.canvas.group(table, 'TR')
      const left = x + NAME_WIDTH + RESULT_WIDTH
      let top = y + HEADING_HEIGHT
      const titles = [
        [words.labels.predicted, x],
        [words.labels.result, x + NAME_WIDTH],
        [words.labels.probability, left],
      ] as const
      for (const [title, at] of titles) {
        drawText(tools, head, 'TH', title, { x: at, y: top, width: room }, style, INK.muted, { scope: 'Column' })
      }
      top += HEAD_ROW
      for (const { row, reason, shown, hidden, height } of laid) {
        const cells = tools.canvas.group(table, 'TR')
        const absent = row.status === 'not-evaluable' && !row.isTissue
        const [resultStyle, ink] = absent ? [STYLES.body, INK.muted] : [STYLES.strong, INK.text]
        const name = { x, y: top, width: NAME_WIDTH - 4 }
        drawText(tools, cells, 'TH', row.name, name, STYLES.body, INK.text, { scope: 'Row' })
        const result = { x: x + NAME_WIDTH, y: top, width: RESULT_WIDTH - 6 }
        const call = tools.canvas.group(cells, 'TD')
        drawText(tools, call, 'P', row.result, result, resultStyle, ink)
        if (row.detail !== '') {
          drawText(tools, call, 'P', row.detail, { ...result, y: top + leading(STYLES.body) }, style, INK.muted)
        }
        const cell = tools.canvas.group(cells, 'TD')
        for (const [n, line] of shown.entries()) {
          drawProbability(tools, cell, line, left, top + 1 + n * leading(style), room)
        }
        const below = top + 1 + shown.length * leading(style)
        for (const line of row.lines.slice(shown.length))
          tools.canvas.leaveOut(`${row.name}, ${line.label}: ${line.text}`)
        if (hidden > 0) {
          drawText(tools, cell, 'P', words.more(hidden), { x: left, y: below, width: room }, style, INK.muted)
        }
        paragraph(tools, cell, reason, style, INK.muted).draw(left, below + (hidden > 0 ? leading(style) : 0))
        top += height
        if (row !== rows[rows.length - 1]) drawRule(tools, x, top - 2.75, width, INK.track)
      }
    },
  }
}

/** A bar from 0 to 100 % with the 95 % interval as a whisker, the class, and the numbers. */
function drawProbability(tools: Tools, cell: Parent, line: ProbabilityLine, x: number, y: number, width: number): void {
  const at = (share: number) => x + Math.min(1, Math.max(0, share)) * BAR_WIDTH
  tools.canvas.artifact((doc) => {
    doc.rect(x, y + 2, BAR_WIDTH, 4.5).fill(INK.track)
    doc.rect(x, y + 2, at(line.probability) - x, 4.5).fill(INK.bar)
    if (!line.interval) return
    const [low, high] = [at(line.interval[0]), at(line.interval[1])]
    doc.lineWidth(0.8).strokeColor(INK.text)
    doc.moveTo(low, y + 4.25).lineTo(high, y + 4.25)
    doc
      .moveTo(low, y + 2.25)
      .lineTo(low, y + 6.25)
      .moveTo(high, y + 2.25)
      .lineTo(high, y + 6.25)
      .stroke()
  })
  const style = STYLES.small
  const value = tools.measurer.fit(line.text, style, VALUE_WIDTH)
  const label = { x: x + BAR_WIDTH + 7, y, width: width - BAR_WIDTH - 7 - value.width - 4 }
  drawText(tools, cell, 'P', line.label, label, style)
  drawText(tools, cell, 'P', line.text, { x: x + width, y, width: VALUE_WIDTH, align: 'right' }, style)
}
