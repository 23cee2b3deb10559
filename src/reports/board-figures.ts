// What a tumour board looks at first: the slices with the largest enhancing tumour and with the largest oedema.
import type { Sequence } from '../domain/study.ts'
import { type FigureInput, type KeyFigures, makeFiguresAt, type ReportFigures } from './figures.ts'
import { largestLabelPlane } from './plane.ts'
import { type SidePlane, turned } from './turned.ts'

/** `of` says what is largest on this slice; absent if nothing was segmented. */
export type BoardFigure = NonNullable<ReportFigures['board']>[number]

/** The label's key, and the sequences that show it, best first. */
const SHOWN = [
  ['enhancing', 'ET', ['T1c', 'FLAIR', 'T2', 'T1']],
  ['oedema', 'ED', ['FLAIR', 'T2', 'T1c', 'T1']],
] as const satisfies readonly (readonly [BoardFigure['of'] & string, string, readonly Sequence[]])[]

export const BOARD_ASPECT = 0.86

/** One or two figures. If a label has no voxels, its place goes to the plane through the whole tumour, or through the middle of the brain. */
export function makeBoardFigures(input: FigureInput): BoardFigure[] {
  const { segmentation, segments, images } = input
  return SHOWN.flatMap(([of, key, sequences]): BoardFigure[] => {
    const sequence = sequences.find((sequenceShown) => images.some((one) => one.sequence === sequenceShown))
    if (!sequence) return []
    const label = segments.find((segment) => segment.key === key)?.label
    const plane = label === undefined ? undefined : largestLabelPlane(segmentation, (one) => (one === label ? 1 : 0))
    const has = plane !== undefined && segmentation.data.includes(label!)
    const figures = makeFiguresAt(input, BOARD_ASPECT, { sequences: [sequence], ...(has && { plane }) })
    if (!has) return [{ figures }]
    const planes = (['coronal', 'sagittal'] as const).flatMap((side) => sideFigures(input, side, label!, sequence))
    return [{ of, figures, planes }]
  })
}

/** The coronal or sagittal plane on which the label is largest. */
function sideFigures(
  { segmentation, segments, images }: FigureInput,
  side: SidePlane,
  label: number,
  sequence: Sequence,
): KeyFigures[] {
  const labels = turned(segmentation, side)
  const plane = largestLabelPlane(labels, (one) => (one === label ? 1 : 0))
  if (!plane) return []
  const shown = images.filter((one) => one.sequence === sequence)
  const input = {
    segmentation: labels,
    segments,
    images: shown.map((one) => ({ ...one, image: turned(one.image, side) })),
  }
  return [{ ...makeFiguresAt(input, BOARD_ASPECT, { sequences: [sequence], plane }), plane: side }]
}
