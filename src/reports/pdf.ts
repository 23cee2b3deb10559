// The report as a PDF: takes a reportable result, its labels and its images. One page is for the tumour board, one has the details, and further pages
// hold what did not fit.
import type { ReportableResult, SequenceImage } from '../domain/finding.ts'
import type { Review } from '../domain/review.ts'
import type { LabelVolume } from '../domain/volume.ts'
import { WORDS } from '../wording/report-words.ts'
import { STYLES, type Tools } from './blocks.ts'
import { makeBoardFigures } from './board-figures.ts'
import { drawBoardPage } from './board-page.ts'
import { Canvas, MARGIN } from './canvas.ts'
import { INK } from './colours.ts'
import { writeContent } from './content.ts'
import { ASPECT } from './figure-block.ts'
import { makeKeyFigures, type ReportFigures } from './figures.ts'
import { startFlow } from './flow.ts'
import { openFonts } from './fonts.ts'
import { drawPage } from './layout.ts'
import type { Letterhead, ReportContent } from './page-content.ts'
import { drawPlanes } from './planes-page.ts'
import { createMeasurer } from './text.ts'
import { drawFollowUp } from './worksheet-page.ts'

export interface ReportInput {
  result: ReportableResult
  /** Labels on the reference series' grid; all zero if nothing was segmented. */
  segmentation: LabelVolume
  /** The sequences that were available, on any grids; shown at the same position in patient space. */
  images: SequenceImage[]
  /** Address of the study page, for the QR code. */
  link?: string
}

/** Printable ASCII, and the letters and punctuation of the languages that the wording is in. */
export const TYPOGRAPHY = `${Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).join('')}${Array.from({ length: 64 }, (_, n) => String.fromCharCode(192 + n)).join('')}¡¿«»œŒ–−…±×°º²·’„“”`

/** The key figures of a report, in the shapes that fit its pages. */
export function reportFigures({ result, segmentation, images, link }: ReportInput): ReportFigures {
  const { curve } = writeContent(result, WORDS.en)
  const input = { segmentation, segments: result.segments, images }
  return {
    ...makeKeyFigures(input, curve ? ASPECT.flat : ASPECT.tall),
    board: makeBoardFigures(input),
    ...(link !== undefined && { link }),
  }
}

export interface DrawnReport {
  letterhead: Letterhead
  /** With the reviewer's corrections, if there are any. */
  result: ReportableResult
  /** Absent if none were kept, as in analyses by earlier versions. */
  figures?: ReportFigures
  /** A person's decision; without one, the page says that nobody has reviewed the result. */
  review?: Review
}

/**
 * A page for the board, one with all details, and further pages only for what did not fit on these; PDF/A-2a and PDF/UA-1, all
 * fonts embedded. The same input gives the same bytes: every date is `analysedAt` or the date of the review, and the document
 * id derives from it and the analysis id. A rejected result shows no values.
 */
export async function drawReportPdf(report: DrawnReport): Promise<Uint8Array> {
  const { result, figures, letterhead, review } = report
  const { institution, language, paper = 'A4', fonts } = letterhead
  const words = WORDS[language]
  const content = writeContent(result, words, review)
  const texts = textsOf(content, result, institution)
  const measurer = createMeasurer(await openFonts(fonts, texts), words.englishIn)
  const canvas = new Canvas({
    // The title names no patient, since viewers put it into window titles and histories.
    title: `${words.title} ${result.analysisId}`,
    creator: `${result.software.name} ${result.software.version}`,
    subject: content.status,
    language: words.language,
    date: new Date(review?.at ?? result.analysedAt),
    paper,
  })
  const tools = { canvas, measurer, words }
  const read = withReadingNote(content, tools)
  if (!read.isWithdrawn) {
    drawBoardPage(tools, read, figures, { institution, more: words.board.more })
    canvas.nextPage()
  }
  drawPage(tools, read, figures, institution)
  if (!read.isWithdrawn) {
    drawFollowUp(tools, read)
    drawPlanes(tools, figures?.board ?? [])
  }
  drawUnsaid(tools)
  return canvas.finish(pageNumbers(tools, whoseOf(read)))
}

/** All text that a report may print, to choose the fonts by. */
export function textsOf(content: ReportContent, result: ReportableResult, institution: string): string[] {
  return [...stringsIn(content), ...result.segments.map((segment) => segment.name), institution, TYPOGRAPHY]
}

/** Patient ID and name, for the foot of every page: pages get separated. */
const whoseOf = ({ patientFields: [id], patientNames }: ReportContent) =>
  [id && `${id.label} ${id.value}`, ...patientNames].filter(Boolean).join(' · ')

/** The right of the foot of a page; what is too long loses its end, never the page number. The left is for where to read on. */
export function pageNumbers({ canvas, measurer, words }: Pick<Tools, 'canvas' | 'measurer' | 'words'>, whose = '') {
  const style = STYLES.small
  const width = 0.6 * (canvas.page.width - 2 * MARGIN)
  return (page: number, count: number) => ({
    line: measurer.fit([words.pageOf(page, count), whose].filter(Boolean).join(' · '), style, width),
    size: style.size,
    colour: INK.muted,
  })
}

/** In full, whatever was cut or left out before: the report leaves out nothing it knows. */
function drawUnsaid(tools: Tools): void {
  const { canvas, words } = tools
  const texts = canvas.unsaid()
  if (texts.length === 0) return
  canvas.nextPage()
  const flow = startFlow(tools)
  const parent = canvas.group(canvas.root, 'Sect')
  flow.heading(parent, words.inFull)
  for (const text of texts) {
    flow.text(parent, text, STYLES.body)
    flow.skip(4)
  }
}

/** Adds a warning if no font has glyphs for some text, so that nobody takes the code points for an error of the archive. */
export function withReadingNote(
  content: ReportContent,
  { measurer, words }: Pick<Tools, 'measurer' | 'words'>,
): ReportContent {
  for (const text of stringsIn(content)) measurer.fit(text, { size: 8, weight: 'regular' }, Number.POSITIVE_INFINITY)
  const count = measurer.unreadable.size
  if (count === 0) return content
  return { ...content, quality: [{ warning: true, text: words.unreadable(count) }, ...content.quality] }
}

/** Every string in the content, at any depth. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsIn)
}
