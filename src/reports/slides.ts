// The patients of a meeting as slides for the projector: the text of the tumour board page, and its pictures with outlines.
import type { BoardEntry, BoardPicture, BoardSlide } from '../domain/board.ts'
import { applyEdits } from '../domain/corrections.ts'
import { WORDS } from '../wording/report-words.ts'
import { writeContent } from './content.ts'
import { outermostFirst, type ReportFigures } from './figures.ts'
import { unpackFigures } from './kept-figures.ts'

/** The pages are in English. */
const words = WORDS.en

export function slideOf(entry: BoardEntry): BoardSlide {
  if ('notShown' in entry) return entry
  const { requested: request, analysisId, result, review, figures } = entry
  const content = writeContent(review ? applyEdits(result, review) : result, words, review)
  const shared = { requested: request, analysisId, names: content.patientNames, status: content.status }
  if (content.isWithdrawn)
    return { ...shared, withdrawn: [content.summary, ...content.statement].join(' '), warnings: [], pictures: [] }
  return {
    ...shared,
    content: content.board,
    warnings: content.quality.filter(({ warning }) => warning).map(({ text }) => text),
    pictures: figures ? picturesOf(unpackFigures(figures).board ?? []) : [],
  }
}

function picturesOf(board: NonNullable<ReportFigures['board']>): BoardPicture[] {
  return board.flatMap(({ of, figures }, index): BoardPicture[] => {
    const [picture] = figures.pictures
    if (!picture?.grey) return []
    const sequence = words.sequences[picture.sequence]
    return [
      {
        index,
        caption: `${words.board[of ?? 'middle']}, ${sequence}, ${words.positionOf(figures.z)}`,
        widthMm: figures.widthMm,
        heightMm: figures.heightMm,
        outlines: outermostFirst(figures.outlines).map(({ name, style, polygons }) => ({
          name,
          colour: style.colour,
          dash: style.dash,
          path: polygons.map(pathOf).join(''),
        })),
      },
    ]
  })
}

const pathOf = (polygon: readonly (readonly [number, number])[]) =>
  `M${polygon.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`
