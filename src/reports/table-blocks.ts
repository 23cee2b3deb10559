// Tables of the page: volumes, series used, predictions with their uncertainty.
import {
  ascent,
  type Block,
  drawHeading,
  drawRule,
  drawText,
  HEADING_HEIGHT,
  leading,
  STYLES,
  type Tools,
} from './blocks.ts'
import type { Parent } from './canvas.ts'
import { INK } from './colours.ts'
import type { PredictionRow, ReportContent, VolumeRow } from './content.ts'
import { capital } from './figure-block.ts'
import * as words from './wording/en.ts'

const HEAD_ROW = 10.5
const ROW = 11.75

/** Regions and labels with volume and deviation; rows beyond `most` are counted. */
export function volumesBlock(tools: Tools, parent: Parent, rows: VolumeRow[], width: number, most: number): Block {
  const shown = rows.length > most ? rows.slice(0, most - 1) : rows
  const hidden = rows.length - shown.length
  const lines = Math.max(1, shown.length + (hidden > 0 ? 1 : 0))
  return {
    height: HEADING_HEIGHT + HEAD_ROW + lines * ROW + 2,
    draw: (x, y) => {
      drawHeading(tools, parent, words.SECTIONS.volumes, x, y, width)
      const table = tools.canvas.group(parent, 'Table')
      const head = tools.canvas.group(table, 'TR')
      const columns = { value: x + width - 40, deviation: x + width }
      const top = y + HEADING_HEIGHT
      const column = { scope: 'Column' } as const
      drawText(tools, head, 'TH', words.LABELS.region, { x, y: top, width: 100 }, STYLES.small, INK.muted, column)
      drawText(
        tools,
        head,
        'TH',
        words.LABELS.volume,
        { x: columns.value, y: top, width: 40, align: 'right' },
        STYLES.small,
        INK.muted,
        column,
      )
      drawText(
        tools,
        head,
        'TH',
        words.LABELS.deviation,
        { x: columns.deviation, y: top, width: 38, align: 'right' },
        STYLES.small,
        INK.muted,
        column,
      )
      for (const [n, row] of shown.entries()) {
        drawVolume(tools, tools.canvas.group(table, 'TR'), row, x, top + HEAD_ROW + n * ROW, columns)
      }
      const after = { x, y: top + HEAD_ROW + shown.length * ROW, width }
      if (hidden > 0) drawText(tools, parent, 'P', words.more(hidden), after, STYLES.body, INK.muted)
      if (rows.length === 0) drawText(tools, parent, 'P', words.NO_VOLUMES, after, STYLES.body, INK.muted)
    },
  }
}

function drawVolume(
  tools: Tools,
  row: Parent,
  volume: VolumeRow,
  x: number,
  y: number,
  columns: { value: number; deviation: number },
): void {
  const { colour } = volume
  if (colour !== undefined) {
    tools.canvas.artifact((doc) => {
      doc.rect(x, y + 2, 5.5, 5.5).fill(colour)
    })
  }
  const width = columns.value - x - 44
  const label = `${capital(volume.name)} (${volume.region})`
  drawText(tools, row, 'TH', label, { x: x + 10, y, width }, STYLES.body, INK.text, { scope: 'Row' })
  drawText(tools, row, 'TD', volume.value, { x: columns.value, y, width: 44, align: 'right' }, STYLES.strong)
  const deviation = volume.deviation === '' ? '–' : volume.deviation
  drawText(tools, row, 'TD', deviation, { x: columns.deviation, y, width: 38, align: 'right' }, STYLES.body, INK.muted)
}

/** What went into the network: two lines a series. */
export function seriesBlock(tools: Tools, parent: Parent, rows: ReportContent['series'], width: number): Block {
  const pitch = 2 * leading(STYLES.small) + 1.5
  return {
    height: HEADING_HEIGHT + rows.length * pitch,
    draw: (x, y) => {
      drawHeading(tools, parent, words.SECTIONS.series, x, y, width)
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

const NAME_WIDTH = 66
const RESULT_WIDTH = 82
const BAR_WIDTH = 52

/** One row a head, with at most `most` lines of probabilities or reason. */
export function predictionsBlock(
  tools: Tools,
  parent: Parent,
  rows: PredictionRow[],
  width: number,
  most: number,
): Block {
  const style = STYLES.small
  const laid = rows.map((row) => {
    const inset = NAME_WIDTH + RESULT_WIDTH + (row.bar ? BAR_WIDTH + 8 : 0)
    const lines = tools.measurer.wrap(row.details.join('  ·  '), style, width - inset, most)
    return { row, inset, lines, height: Math.max(1, lines.length) * leading(style) + 5 }
  })
  return {
    height: HEADING_HEIGHT + HEAD_ROW + laid.reduce((sum, { height }) => sum + height, 0),
    draw: (x, y) => {
      drawHeading(tools, parent, words.SECTIONS.predictions, x, y, width)
      const table = tools.canvas.group(parent, 'Table')
      const head = tools.canvas.group(table, 'TR')
      let top = y + HEADING_HEIGHT
      const titles = [
        [words.LABELS.predicted, 0],
        [words.LABELS.result, NAME_WIDTH],
        [words.LABELS.probability, NAME_WIDTH + RESULT_WIDTH],
      ] as const
      for (const [title, inset] of titles) {
        drawText(tools, head, 'TH', title, { x: x + inset, y: top, width: 130 }, style, INK.muted, { scope: 'Column' })
      }
      top += HEAD_ROW
      for (const { row, inset, lines, height } of laid) {
        const cells = tools.canvas.group(table, 'TR')
        const muted = row.status === 'not-evaluable'
        drawText(tools, cells, 'TH', row.name, { x, y: top, width: NAME_WIDTH - 4 }, STYLES.body, INK.text, {
          scope: 'Row',
        })
        const result = { x: x + NAME_WIDTH, y: top, width: RESULT_WIDTH - 6 }
        drawText(
          tools,
          cells,
          'TD',
          row.result,
          result,
          muted ? STYLES.body : STYLES.strong,
          muted ? INK.muted : INK.text,
        )
        if (row.bar) drawBar(tools, row.bar, x + NAME_WIDTH + RESULT_WIDTH, top + 3)
        tools.canvas.tag(cells, 'TD', () => {
          lines.forEach((line, n) => {
            const base = top + 1 + ascent(style) + n * leading(style)
            tools.canvas.write(line, x + inset, base, style.size, muted ? INK.muted : INK.text)
          })
        })
        top += height
        if (row !== rows[rows.length - 1]) drawRule(tools, x, top - 3, width, INK.track)
      }
    },
  }
}

/** Probability as a bar on 0..100 %, its 95 % interval as a whisker; the numbers stand beside it. */
function drawBar({ canvas }: Tools, bar: NonNullable<PredictionRow['bar']>, x: number, y: number): void {
  const at = (share: number) => x + Math.min(1, Math.max(0, share)) * BAR_WIDTH
  canvas.artifact((doc) => {
    doc.rect(x, y, BAR_WIDTH, 4.5).fill(INK.track)
    doc.rect(x, y, at(bar.value) - x, 4.5).fill(INK.bar)
    if (!bar.interval) return
    const [low, high] = [at(bar.interval[0]), at(bar.interval[1])]
    const middle = y + 2.25
    for (const [ink, line] of [
      [INK.paper, 2.2],
      [INK.text, 0.9],
    ] as const) {
      doc.lineWidth(line).strokeColor(ink)
      doc.moveTo(low, middle).lineTo(high, middle)
      doc
        .moveTo(low, y - 0.5)
        .lineTo(low, y + 5)
        .moveTo(high, y - 0.5)
        .lineTo(high, y + 5)
        .stroke()
    }
  })
}
