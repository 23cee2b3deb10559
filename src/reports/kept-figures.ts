// Key figures as bytes (JSON, with pictures as PNG in base64), so that a report can be drawn again after a review, when the images are no longer at
// hand.
import { decode } from 'fast-png'
import { z } from 'zod'
import { AppError } from '../domain/errors.ts'
import { SEQUENCES } from '../domain/study.ts'
import { encodeGrey, type KeyFigures, type ReportFigures } from './figures.ts'

const number = z.number()
const maybe = z.exactOptional
const pixels = z.int().positive()

const keptFigures = z.object({
  plane: maybe(z.enum(['coronal', 'sagittal'])),
  z: number,
  areaMm2: number,
  widthMm: number,
  heightMm: number,
  pictures: z.array(z.object({ sequence: z.enum(SEQUENCES), png: maybe(z.base64()) })),
  width: pixels,
  height: pixels,
  outlines: z.array(
    z.object({
      key: z.string(),
      name: z.string(),
      style: z.object({ colour: z.string(), dash: z.array(number) }),
      polygons: z.array(z.array(z.tuple([number, number]))),
    }),
  ),
})

const keptReport = z.object({
  ...keptFigures.shape,
  board: maybe(
    z.array(
      z.object({
        of: maybe(z.enum(['enhancing', 'oedema'])),
        figures: keptFigures,
        planes: maybe(z.array(keptFigures)),
      }),
    ),
  ),
  link: maybe(z.string()),
})

type KeptFigures = z.infer<typeof keptFigures>

export function packFigures({ board, link, ...figures }: ReportFigures): Uint8Array {
  const kept: z.infer<typeof keptReport> = {
    ...pack(figures),
    ...(board && { board: board.map((one) => boardOf(one, pack)) }),
    ...(link !== undefined && { link }),
  }
  return new TextEncoder().encode(JSON.stringify(kept))
}

export function unpackFigures(bytes: Uint8Array): ReportFigures {
  const { board, link, ...kept } = parse(bytes)
  return {
    ...unpack(kept),
    ...(board && { board: board.map((one) => boardOf(one, unpack)) }),
    ...(link !== undefined && { link }),
  }
}

function boardOf<Of, From, To>(
  { planes, ...one }: { of?: Of; figures: From; planes?: From[] },
  change: (figures: From) => To,
) {
  return { ...one, figures: change(one.figures), ...(planes && { planes: planes.map(change) }) }
}

/** The image of a tumour board figure as PNG; undefined if there is none. */
export function keptBoardPicture(bytes: Uint8Array, index: number): Uint8Array | undefined {
  const { board } = parse(bytes)
  const png = board?.[index]?.figures.pictures[0]?.png
  return png === undefined ? undefined : Buffer.from(png, 'base64')
}

function parse(bytes: Uint8Array): z.infer<typeof keptReport> {
  const parsed = keptReport.safeParse(JSON.parse(new TextDecoder().decode(bytes)))
  if (parsed.success) return parsed.data
  const where = parsed.error.issues.map(({ path }) => path.join('.')).slice(0, 5)
  throw new AppError('INTERNAL', `the key figures kept of an analysis do not fit at ${where.join(', ')}`)
}

function pack(figures: KeyFigures): KeptFigures {
  const pictures = figures.pictures.map(({ grey, ...picture }) =>
    grey ? { ...picture, png: Buffer.from(encodeGrey(figures, grey)).toString('base64') } : picture,
  )
  const outlines = figures.outlines.map(({ style, ...outline }) => ({
    ...outline,
    style: { ...style, dash: [...style.dash] },
  }))
  return { ...figures, pictures, outlines }
}

function unpack(kept: KeptFigures): KeyFigures {
  const pictures = kept.pictures.map(({ png, ...picture }) => {
    if (png === undefined) return picture
    const { data } = decode(Buffer.from(png, 'base64'))
    if (!(data instanceof Uint8Array) || data.length !== kept.width * kept.height)
      throw new AppError('INTERNAL', 'a key picture is not of eight bits, or of another size than the record says')
    return { ...picture, grey: data }
  })
  return { ...kept, pictures }
}
