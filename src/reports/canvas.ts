// Draws on one page of a tagged PDF (ISO 32000-1 Section 14.8), PDF/A-2a and PDF/UA-1: text as structure, everything else as artifact or figure.
import PDFDocument from 'pdfkit'
import { PDF_UA_METADATA } from './pdf-ua.ts'
import type { Line } from './text.ts'

/** A structure element that can contain others. */
export type Parent = PDFKit.PDFStructureElement

export interface StructureOptions {
  alt?: string
  /** Left, top, right and bottom in points from the upper left corner of the page. */
  bbox?: [number, number, number, number]
  scope?: 'Row' | 'Column'
}

export interface DocumentMeta {
  title: string
  creator: string
  subject: string
  language: string
  date: Date
  paper: Paper
}

/** Sizes of paper in points. */
export const PAPERS = { A4: { width: 595.28, height: 841.89 }, Letter: { width: 612, height: 792 } } as const
export type Paper = keyof typeof PAPERS

/** Margins of every page: left and right, and below the page number. */
export const MARGIN = 34
export const BOTTOM = 26

export class Canvas {
  readonly root: Parent
  readonly #doc: PDFKit.PDFDocument
  readonly #bytes: Promise<Uint8Array>
  readonly #fonts = new Set<string>()
  readonly #images = new Map<Uint8Array, unknown>()
  readonly #whole = new Set<string>()
  readonly #cut = new Set<string>()
  /** Of the paper, in points. */
  readonly page: { readonly width: number; readonly height: number }
  readonly #options: PDFKit.PDFDocumentOptions

  /** An empty page; nothing in it depends on the time, the machine or chance. */
  constructor(meta: DocumentMeta) {
    this.page = PAPERS[meta.paper]
    this.#options = { size: [this.page.width, this.page.height], margin: 0 }
    const options = {
      ...this.#options,
      // Kept open until the end, when the number of pages is known.
      bufferPages: true,
      pdfVersion: '1.7' as const,
      subset: 'PDF/A-2a' as const,
      tagged: true,
      lang: meta.language,
      displayTitle: true,
      autoFirstPage: false,
      // Unless its font is null, pdfkit loads Helvetica, which PDF/A forbids unless it is embedded.
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
    this.#doc.addPage(this.#options)
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

  /** A structure element whose content is what `draw` draws; it contains no other elements. */
  tag(parent: Parent, type: string, draw: () => void, options: StructureOptions = {}): void {
    parent.add(this.#doc.struct(type, options, draw))
  }

  /** Draws what has no meaning of its own: rules, bands, bars. */
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

  /** A measured line with its left end and baseline at (x, y). */
  write(line: Line, x: number, y: number, size: number, colour: string): void {
    if (line.end) (line.isCut ? this.#cut : this.#whole).add(line.end)
    let left = x
    for (const run of line.runs) {
      if (!this.#fonts.has(run.face.id)) {
        this.#doc.registerFont(run.face.id, run.face.font as unknown as Buffer)
        this.#fonts.add(run.face.id)
      }
      const options = { lineBreak: false, baseline: 'alphabetic', features: [], textWidth: run.width, wordCount: 1 }
      this.#doc.font(run.face.id).fontSize(size).fillColor(colour)
      const span = { ...(run.face.isShaped && { actual: run.text }), ...(run.isEnglish && { lang: 'en' }) }
      const isMarked = Object.keys(span).length > 0
      if (isMarked) this.#doc.markContent('Span', span)
      this.#doc.text(run.text, left, y, options as PDFKit.Mixins.TextOptions)
      if (isMarked) this.#doc.endMarkedContent()
      left += run.width
    }
  }

  /** A greyscale picture as PNG; the same bytes are embedded once, however often they are drawn. */
  image(png: Uint8Array, { left, top, width, height }: { left: number; top: number; width: number; height: number }) {
    if (!this.#images.has(png)) this.#images.set(png, opened(this.#doc, png))
    this.#doc.image(this.#images.get(png) as PDFKit.Mixins.ImageSrc, left, top, { width, height })
  }

  /** A bookmark for this page; links refer to it by `name`. */
  bookmark(title: string, name: string): void {
    this.#doc.outline.addItem(title)
    this.#doc.addNamedDestination(name, 'XYZ', 0, 0, null)
  }

  /** Makes what `draw` draws a link to a bookmarked page; `says` is its text for screen readers. */
  link(parent: Parent, name: string, says: string, box: readonly [number, number, number, number], draw: () => void) {
    const element = this.group(parent, 'Link')
    this.tag(element, 'Span', draw)
    // pdfkit writes a plain string as a PDF name, not as text.
    const options: unknown = { structParent: element, Contents: new String(says) }
    this.#doc.goTo(...box, name, options as PDFKit.Mixins.AnnotationOption)
  }

  /** Records a text that does not fit where it belongs. */
  leaveOut(text: string): void {
    this.#cut.add(text)
  }

  /** Texts that were cut or left out and have not been printed in full yet. */
  unsaid(): string[] {
    return [...this.#cut].filter((text) => !this.#whole.has(text))
  }

  /** Continues on a new page. */
  nextPage(): void {
    this.#doc.addPage(this.#options)
  }

  /** Ends the document. `numberOf` writes the number of each page at its lower right. */
  finish(numberOf: (page: number, count: number) => { line: Line; size: number; colour: string }): Promise<Uint8Array> {
    const { count } = this.#doc.bufferedPageRange()
    for (let n = 0; n < count; n++) {
      this.#doc.switchToPage(n)
      const { line, size, colour } = numberOf(n + 1, count)
      this.#doc.markContent('Artifact', { type: 'Pagination' })
      this.write(line, this.page.width - MARGIN - line.width, this.page.height - BOTTOM - 2, size, colour)
      this.#doc.endMarkedContent()
    }
    this.#doc.appendXML(PDF_UA_METADATA)
    this.#doc.end()
    return this.#bytes
  }
}

/** Missing from pdfkit's types. */
const opened = (doc: PDFKit.PDFDocument, png: Uint8Array) =>
  (doc as unknown as { openImage(bytes: Buffer): unknown }).openImage(Buffer.from(png))

/** pdfkit writes these strings into XML without escaping them. */
const plain = (text: string) => text.replace(/[<>&]/g, ' ')

function collect(doc: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    doc.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    doc.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))))
    doc.on('error', reject)
  })
}
