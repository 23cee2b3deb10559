// Key figures as bytes (JSON, with pictures as PNG in base64), so that a report can be drawn again after a review, when the images are no longer at
// hand.
import { decode } from 'fast-png'
import { AppError } from '../domain/errors.ts'
import { encodeGrey, type KeyFigures, type ReportFigures } from './figures.ts'

type Kept<T extends KeyFigures> = Omit<T, 'pictures' | 'board'> & {
  pictures: (Omit<KeyFigures['pictures'][number], 'grey'> & { png?: string })[]
}
type KeptReport = Kept<ReportFigures> & { board?: { of?: 'enhancing' | 'oedema'; figures: Kept<KeyFigures> }[] }

export function packFigures({ board, ...figures }: ReportFigures): Uint8Array {
  const kept: KeptReport = {
    ...pack(figures),
    ...(board && { board: board.map((one) => ({ ...one, figures: pack(one.figures) })) }),
  }
  return new TextEncoder().encode(JSON.stringify(kept))
}

export function unpackFigures(bytes: Uint8Array): ReportFigures {
  const { board, ...kept } = JSON.parse(new TextDecoder().decode(bytes)) as KeptReport
  return {
    ...unpack(kept),
    ...(board && { board: board.map((one) => ({ ...one, figures: unpack(one.figures) })) }),
  }
}

/** The image of a tumour board figure as PNG; undefined if there is none. */
export function keptBoardPicture(bytes: Uint8Array, index: number): Uint8Array | undefined {
  const { board } = JSON.parse(new TextDecoder().decode(bytes)) as KeptReport
  const png = board?.[index]?.figures.pictures[0]?.png
  return png === undefined ? undefined : Buffer.from(png, 'base64')
}

function pack<T extends KeyFigures>(figures: T): Kept<T> {
  const pictures = figures.pictures.map(({ grey, ...picture }) =>
    grey ? { ...picture, png: Buffer.from(encodeGrey(figures, grey)).toString('base64') } : picture,
  )
  return { ...figures, pictures }
}

function unpack<T extends KeyFigures>(kept: Kept<T>): Omit<Kept<T>, 'pictures'> & Pick<KeyFigures, 'pictures'> {
  const pictures = kept.pictures.map(({ png, ...picture }) => {
    if (png === undefined) return picture
    const { data } = decode(Buffer.from(png, 'base64'))
    if (!(data instanceof Uint8Array)) throw new AppError('INTERNAL', 'a key picture is not of eight bits')
    return { ...picture, grey: data }
  })
  return { ...kept, pictures }
}
