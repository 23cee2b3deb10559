// Drawing on one page of a tagged PDF (ISO 32000-1 Section 14.8), PDF/A-2a and PDF/UA-1: text as structure, the rest as artifact or figure.
import PDFDocument from 'pdfkit'
import { PDF_UA_METADATA } from './pdf-ua.ts'
import type { Line } from './text.ts'

/** A structure element that takes further elements. */
export type Parent = PDFKit.PDFStructureElement

export interface StructureOptions {
  alt?: string
  /** Left, top, right, bottom in points from the upper left corner of the page. */
  bbox?: [number, number, number, number]
  scope?: 'Row' | 'Column'
}

export interface DocumentMeta {
  title: string
  creator: string
  subject: string
  language: string
  date: Date
}

/** A4 in points. */
export const PAGE = { width: 595.28, height: 841.89 } as const

export class Canvas {
  readonly root: Parent
  readonly #doc: PDFKit.PDFDocument
  readonly #bytes: Promise<Uint8Array>
  readonly #fonts = new Set<string>()

  /** An empty page; nothing in it depends on the time, the machine or chance. */
  constructor(meta: DocumentMeta) {
    const options = {
      size: 'A4',
      margin: 0,
      pdfVersion: '1.7' as const,
      subset: 'PDF/A-2a' as const,
      tagged: true,
      lang: meta.language,
      displayTitle: true,
      autoFirstPage: false,
      // pdfkit prepares Helvetica, which PDF/A forbids unless it is embedded, unless the font is null.
      font: null as unknown as string,
      info: {
        Title: plain(meta.title),
        Creator: plain(meta.creator),
        Subject: plain(meta.subject),
        CreationDate: meta.date,
        ModDate: meta.date,
      },
    }
    this.#doc = new PDFDocument(options)
    this.#doc.addPage({ size: 'A4', margin: 0 })
    this.#bytes = collect(this.#doc)
    this.root = this.#doc.struct('Document')
    this.#doc.addStructure(this.root)
  }

  /** A structure element that groups others ("Sect", "Table", "TR"). */
  group(parent: Parent, type: string, options: StructureOptions = {}): Parent {
    const element = this.#doc.struct(type, options)
    parent.add(element)
    return element
  }

  /** A structure element whose content is what `draw` draws; it takes no further elements. */
  tag(parent: Parent, type: string, draw: () => void, options: StructureOptions = {}): void {
    parent.add(this.#doc.struct(type, options, draw))
  }

  /** Draws with no meaning of its own: rules, bands, bars. */
  artifact(draw: (doc: PDFKit.PDFDocument) => void): void {
    this.#doc.markContent('Artifact', { type: 'Layout' })
    this.#doc.save()
    draw(this.#doc)
    this.#doc.restore()
    this.#doc.endMarkedContent()
  }

  /** Draws inside the current structure element. */
  paint(draw: (doc: PDFKit.PDFDocument) => void): void {
    this.#doc.save()
    draw(this.#doc)
    this.#doc.restore()
  }

  /** A measured line with its left end and base line at (x, y). */
  write(line: Line, x: number, y: number, size: number, colour: string): void {
    let left = x
    for (const run of line.runs) {
      if (!this.#fonts.has(run.face.id)) {
        this.#doc.registerFont(run.face.id, run.face.font as unknown as Buffer)
        this.#fonts.add(run.face.id)
      }
      const options = { lineBreak: false, baseline: 'alphabetic', features: [], textWidth: run.width, wordCount: 1 }
      this.#doc.font(run.face.id).fontSize(size).fillColor(colour)
      if (run.face.isShaped) this.#doc.markContent('Span', { actual: run.text })
      this.#doc.text(run.text, left, y, options as PDFKit.Mixins.TextOptions)
      if (run.face.isShaped) this.#doc.endMarkedContent()
      left += run.width
    }
  }

  /** Goes on on a further page. */
  nextPage(): void {
    this.#doc.addPage({ size: 'A4', margin: 0 })
  }

  /** Ends the document. */
  finish(): Promise<Uint8Array> {
    this.#doc.appendXML(PDF_UA_METADATA)
    this.#doc.end()
    return this.#bytes
  }
}

/** pdfkit puts these strings into XML as they are. */
const plain = (text: string) => text.replace(/[<>&]/g, ' ')

function collect(doc: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    doc.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    doc.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))))
    doc.on('error', reject)
  })
}
