// Key figures as bytes, so that a report can be drawn again after review, when the images are long gone: JSON, pictures as PNG in base64.
import { decode } from 'fast-png'
import { AppError } from '../domain/errors.ts'
import { encodeGrey, type KeyFigures } from './figures.ts'

type Kept = Omit<KeyFigures, 'pictures'> & {
  pictures: (Omit<KeyFigures['pictures'][number], 'grey'> & { png?: string })[]
}

export function packFigures(figures: KeyFigures): Uint8Array {
  const pictures = figures.pictures.map(({ grey, ...picture }) =>
    grey ? { ...picture, png: Buffer.from(encodeGrey(figures, grey)).toString('base64') } : picture,
  )
  return new TextEncoder().encode(JSON.stringify({ ...figures, pictures } satisfies Kept))
}

export function unpackFigures(bytes: Uint8Array): KeyFigures {
  const kept = JSON.parse(new TextDecoder().decode(bytes)) as Kept
  const pictures = kept.pictures.map(({ png, ...picture }) => {
    if (png === undefined) return picture
    const { data } = decode(Buffer.from(png, 'base64'))
    if (!(data instanceof Uint8Array)) throw new AppError('INTERNAL', 'a key picture is not of eight bits')
    return { ...picture, grey: data }
  })
  return { ...kept, pictures }
}
