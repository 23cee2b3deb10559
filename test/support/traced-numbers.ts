// Where the numbers on a page come from: every number that the written objects hold, under the forms in which the wording prints it, with the id of
// the object and of the item in it.
import type { Resource } from '@medplum/fhirtypes'
import { getDocumentProxy } from 'unpdf'
import { items, number, numbers, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { HALF_95 } from '../../src/domain/finding.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { millilitres, millimetres, percent, percentBelow, readDate, signed } from '../../src/wording/quantities.ts'

/** A number as it is printed, with what follows it: a unit, or nothing. */
export interface Printed {
  number: string
  unit: string
  /** The words on both sides, which a bare small number is known by. */
  beside: string[]
}

/** Numbers that stand in a coded place, apart from those that are only told in a sentence. */
export type Kind = 'coded' | 'told'
export interface Sources {
  add(kind: Kind, id: string, printed: Printed): void
  /** Ids of what states the number: "coded SR 2.25.1 tracking 2.25.2 NUM 118565006". */
  of(printed: Printed, kind?: Kind): string[]
}

const UNITS = 'mL|mm|cm|%|°|Gy|mg|months?|days?|d|y|patients?|deaths|MB|s'
const IDENTIFIER = String.raw`[0-9a-f]{8}-[0-9a-f-]{27}|\d+(?:\.\d+){3,}|[0-9a-f]{16,}`
const DATE = String.raw`\d{4}-\d{2}-\d{2}|\d{2}:\d{2}`
const NUMBER = new RegExp(
  String.raw`(?<![\p{L}\d_./-])(?:(?<whole>${IDENTIFIER}|${DATE})(?![\p{L}\d])|(?<number>[<>+−]?\d+(?:\.\d+)?)(?![\p{L}\d_]|\.\d))(?:\s?(?<unit>${UNITS})(?![\p{L}\d]))?`,
  'gu',
)
/** "91 % (84–96)", "17.4 × 9.0 mm" name their unit once; an instant is a date and a time. */
const SPELLED = [
  [/(\d %) \((<?>?\d+)–(<?>?\d+)\)/g, '$1 ($2 % – $3 %)'],
  [/(\d+\.\d) × (\d+\.\d mm)/g, '$1 mm × $2'],
  [/(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})[\d:.]*Z/g, '$1 $2'],
] as const

export function numbersIn(statement: string): Printed[] {
  const spelled = SPELLED.reduce((said, [pattern, full]) => said.replaceAll(pattern, full), statement)
  return [...spelled.matchAll(NUMBER)].map(({ 0: all, index, groups = {} }) => ({
    number: groups.whole ?? groups.number!,
    unit: (groups.unit ?? '').replace(/^(month|day|patient)$/, '$1s').replace(/^d$/, 'days'),
    beside: [
      /(\p{L}+|[±#])[^\p{L}±#\d]*$/u.exec(spelled.slice(0, index)),
      /^[^\p{L}\d·]*(\p{L}+|·)/u.exec(spelled.slice(index + all.length)),
    ].flatMap((word) => word?.[1]?.toLowerCase() ?? []),
  }))
}

export function createSources(): Sources {
  const ids = new Map<string, { id: string; unit: string; beside: string[] }[]>()
  return {
    add(kind, id, { number, unit, beside }) {
      ids.set(number, [...(ids.get(number) ?? []), { id: `${kind} ${id}`, unit, beside }])
    },
    of({ number, unit, beside }, kind = '' as Kind) {
      // A bare "4" is everywhere: it must be the one of a sentence with the same word beside it, or stand alone in its cell; an error is one of an error.
      const isBare = unit === '' && beside.length > 0 && (/^\d{1,3}$/.test(number) || beside.includes('±'))
      const stated = (ids.get(number) ?? []).filter((one) =>
        isBare ? one.beside.some((word) => beside.includes(word)) : unit === '' || one.unit === unit,
      )
      return [...new Set(stated.map(({ id }) => id))].filter((id) => id.startsWith(kind))
    },
  }
}

/** NUM of a range, and the extension of a quantity: printed behind a plus-minus sign. */
const UNCERTAIN = / 371884006$| uncertainty$/

/** Under all forms in which the wording prints a quantity of this UCUM unit. */
function addQuantity(sources: Sources, id: string, value: number, unit: string): void {
  const forms: Record<string, string[]> = {
    mL: [
      millilitres(value),
      signed(value, 1),
      signed(value, 2),
      Math.abs(value).toFixed(1),
      Math.abs(value).toFixed(2),
    ],
    mm: [millimetres(value)],
    '1': [percent(value), percentBelow(value)],
    '%': [signed(value, 0), value.toFixed(0), percent(value / 100)],
  }
  const printed = unit === '1' ? '%' : unit
  for (const form of forms[unit] ?? [String(value)])
    sources.add('coded', id, {
      number: form.replace(/ %$/, ''),
      unit: printed,
      beside: UNCERTAIN.test(id) ? ['±'] : [],
    })
}

function addText(sources: Sources, id: string, told: string): void {
  for (const printed of numbersIn(told)) sources.add('told', id, printed)
}

/** What the header of an object of ours says of the patient and the study. */
function addHeader(sources: Sources, id: string, ds: DicomJson): void {
  for (const keyword of [
    'PatientBirthDate',
    'StudyDate',
    'StudyTime',
    'PatientID',
    'AccessionNumber',
    'StudyInstanceUID',
  ]) {
    const value = text(ds, keyword)
    const said = /Date$/.test(keyword)
      ? readDate(value)
      : /Time$/.test(keyword)
        ? `${value.slice(0, 2)}:${value.slice(2, 4)}`
        : value
    for (const printed of numbersIn(said)) sources.add('coded', `${id} ${keyword}`, printed)
  }
}

/** SEG: the volume of each segment, counted in its frames; those of regions are sums of these, and stand in the SR. */
export function addSegmentation(sources: Sources, bytes: Uint8Array): void {
  const { dataset: ds, pixelData } = readPart10(bytes)
  const id = `SEG ${text(ds, 'SOPInstanceUID')}`
  addHeader(sources, id, ds)
  const [shared = {}] = items(ds, 'SharedFunctionalGroupsSequence')
  const [measures = {}] = items(shared, 'PixelMeasuresSequence')
  const [down, across] = numbers(measures, 'PixelSpacing') as [number, number]
  const cubicMillimetres = down * across * number(measures, 'SpacingBetweenSlices')!
  const inFrame = number(ds, 'Rows')! * number(ds, 'Columns')!
  const voxels = new Map<number, number>()
  for (const [frame, groups] of items(ds, 'PerFrameFunctionalGroupsSequence').entries()) {
    const segment = number(items(groups, 'SegmentIdentificationSequence')[0] ?? {}, 'ReferencedSegmentNumber')!
    for (let bit = frame * inFrame; bit < (frame + 1) * inFrame; bit++)
      voxels.set(segment, (voxels.get(segment) ?? 0) + ((pixelData![bit >>> 3]! >> (bit & 7)) & 1))
  }
  for (const [segment, count] of voxels)
    addQuantity(sources, `${id} segment ${segment}`, (count * cubicMillimetres) / 1000, 'mL')
}

/** SR: each NUM under the tracking UID of its group, each text, each date. */
export function addReport(sources: Sources, bytes: Uint8Array): void {
  const { dataset: ds } = readPart10(bytes)
  const id = `SR ${text(ds, 'SOPInstanceUID')}`
  addHeader(sources, id, ds)
  const walk = (item: DicomJson, within: string): void => {
    const children = items(item, 'ContentSequence')
    const tracking = children.find((child) => text(child, 'ValueType') === 'UIDREF' && nameOf(child) === '112040')
    const here = tracking ? `${id} tracking ${text(tracking, 'UID')}` : within
    const [measured] = items(item, 'MeasuredValueSequence')
    if (measured) {
      const value = number(measured, 'FloatingPointValue')!
      const [units = {}] = items(measured, 'MeasurementUnitsCodeSequence')
      addQuantity(sources, `${here} NUM ${nameOf(item)}`, value, text(units, 'CodeValue'))
      for (const child of children) {
        const [half] = items(child, 'MeasuredValueSequence')
        if (!half) continue
        const [name, width] = [nameOf(child), number(half, 'FloatingPointValue')!]
        const [unit = {}] = items(half, 'MeasurementUnitsCodeSequence')
        const stated = name === LOWER ? value - width : name === UPPER ? value + width : width / HALF_95
        addQuantity(sources, `${here} NUM ${name}`, stated, text(unit, 'CodeValue'))
      }
    }
    if (text(item, 'TextValue')) addText(sources, `${here} TEXT`, text(item, 'TextValue'))
    if (text(item, 'Date')) sources.add('coded', `${here} DATE`, bare(readDate(text(item, 'Date'))))
    for (const child of children) walk(child, here)
  }
  walk(ds, id)
}

/** The ends of an interval are written as distances from the value; a range of uncertainty as half of a 95 % interval. */
const [UPPER, LOWER] = ['371886008', '371885007']
const bare = (number: string): Printed => ({ number, unit: '', beside: ['#', 'series', '·'] })
const nameOf = (item: DicomJson) => text(items(item, 'ConceptNameCodeSequence')[0] ?? {}, 'CodeValue')

/** FHIR: each quantity, decimal, integer and date of a resource, and the numbers in its strings. */
export function addResource(sources: Sources, resource: Resource, identifier: string): void {
  const id = `${resource.resourceType} ${identifier}`
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'string') addText(sources, `${id} ${path}`, readable(value))
    else if (typeof value === 'number') {
      if (path.endsWith('probabilityDecimal')) addQuantity(sources, `${id} ${path}`, value, '%')
      else sources.add('coded', `${id} ${path}`, bare(String(value)))
    }
    if (typeof value !== 'object' || value === null) return
    const quantity = value as { value?: unknown; code?: unknown; extension?: { valueDecimal?: number }[] }
    if (typeof quantity.value === 'number' && typeof quantity.code === 'string') {
      addQuantity(sources, `${id} ${path}`, quantity.value, quantity.code)
      for (const { valueDecimal } of quantity.extension ?? [])
        if (valueDecimal !== undefined) addQuantity(sources, `${id} ${path} uncertainty`, valueDecimal, quantity.code)
      return
    }
    for (const [key, child] of Object.entries(value)) {
      if (key !== 'data') walk(child, Array.isArray(value) ? path : path === '' ? key : `${path}.${key}`)
    }
  }
  walk(resource, '')
}

/** A narrative without its tags. */
const readable = (value: string) =>
  value
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

/** Something that a reader sees or hears, and where: the part of the page, or the tag in the PDF. */
export interface Statement {
  text: string
  within: string
}

/** What stands in a page's live parts, and what a screen reader is told of its pictures. */
export function statementsOfPage(html: string): Statement[] {
  const main = html
    .slice(html.indexOf('<main'), html.indexOf('</main>'))
    .replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, '')
  const parts = main.split(/<div id="(?=[a-z]+" data-live>)/)
  return parts
    .flatMap((part) => {
      const name = part.slice(0, part.indexOf('"'))
      const inPlots = [...part.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => ({
        text: text!,
        within: `${name} plot`,
      }))
      const said = [...part.matchAll(/(?:aria-label|title|alt)="([^"]*)"/g)].map(([, text]) => text!)
      const seen = part.replaceAll(/<text[\s\S]*?<\/text>/g, '').split(/<[^>]*>/)
      return [...inPlots, ...[...said, ...seen].map((text) => ({ text, within: name }))]
    })
    .flatMap(({ text, within }) => (/\d/.test(text) ? [{ text: readable(text).trim(), within }] : []))
}

type Node = { role?: string; alt?: string; children?: (Node & { type?: string; id?: string })[] }

/** What stands in a PDF, each tagged element in one piece, and the alternative text of its pictures. */
export async function statementsOfPdf(bytes: Uint8Array): Promise<Statement[]> {
  const pdf = await getDocumentProxy(bytes.slice())
  const statements: Statement[] = []
  for (let n = 1; n <= pdf.numPages; n++) {
    const page = await pdf.getPage(n)
    const { items: pieces } = await page.getTextContent({ includeMarkedContent: true })
    const open: string[] = []
    const texts = new Map<string, string>()
    for (const piece of pieces) {
      if ('str' in piece) texts.set(open.at(-1) ?? '', `${texts.get(open.at(-1) ?? '') ?? ''} ${piece.str}`)
      else if (piece.type === 'endMarkedContent') open.pop()
      else open.push('id' in piece && typeof piece.id === 'string' ? piece.id : (open.at(-1) ?? 'artifact'))
    }
    const walk = (node: Node): string =>
      (node.children ?? [])
        .map((child) => {
          if (child.type === 'content') return texts.get(child.id!) ?? ''
          const within = child.role ?? ''
          const text = walk(child)
          if (!BLOCKS.has(within)) return text
          statements.push({ text, within }, { text: child.alt ?? '', within: 'alternative' })
          return ''
        })
        .join(' ')
    walk((await page.getStructTree()) as Node)
    statements.push(
      { text: texts.get('artifact') ?? '', within: 'artifact' },
      { text: texts.get('') ?? '', within: '' },
    )
  }
  return statements.filter(({ text }) => /\d/.test(text))
}

const BLOCKS = new Set(['P', 'H1', 'H2', 'TD', 'TH', 'Figure', 'Caption', 'LI'])
