// A page of a PDF as pdf.js, which shares nothing with the writer, reads it.
import { getDocumentProxy } from 'unpdf'

export interface Piece {
  text: string
  x: number
  y: number
  size: number
  width: number
}

export async function readPage(bytes: Uint8Array, number?: number) {
  const pdf = await getDocumentProxy(bytes.slice())
  // The details are on the second page; a rejected report has no other.
  const page = await pdf.getPage(number ?? Math.min(2, pdf.numPages))
  const content = await page.getTextContent()
  const pieces = content.items.flatMap((item): Piece[] =>
    'str' in item && item.str.trim() !== ''
      ? [
          {
            text: item.str,
            x: item.transform[4],
            y: 841.89 - item.transform[5],
            size: item.transform[0],
            width: item.width,
          },
        ]
      : [],
  )
  const info = await pdf.getMetadata()
  return { pages: pdf.numPages, pieces, text: pieces.map((piece) => piece.text).join(' '), info: info.info, page }
}
