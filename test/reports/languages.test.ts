// The PDF report in every language: nothing of it is left in English, everything fits, and numbers and dates are those of the language.
import { readdirSync, readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { getDocumentProxy } from 'unpdf'
import { describe, expect, it } from 'vitest'
import type { ReportableResult } from '../../src/domain/finding.ts'
import { LANGUAGES } from '../../src/domain/languages.ts'
import { courseLines } from '../../src/domain/volume-course.ts'
import { writeContent } from '../../src/reports/content.ts'
import { drawMeetingPdf } from '../../src/reports/meeting.ts'
import { drawReportPdf, reportFigures, TYPOGRAPHY } from '../../src/reports/pdf.ts'
import { remark } from '../../src/wording/remarks.ts'
import { WORDS, type Words } from '../../src/wording/report-words.ts'
import { comparisonOf } from '../support/comparison.ts'
import { letterheadOf } from '../support/letterhead.ts'
import { COARSE, syntheticCase } from '../support/result.ts'

const TRANSLATED = LANGUAGES.filter((language) => language !== 'en')
const ROOM = new URL('../../src/wording/languages/', import.meta.url)
const REPORTS = new URL('../../src/reports/', import.meta.url)

const base = syntheticCase(COARSE)
const comparison = comparisonOf(base.result)
const result: ReportableResult = {
  ...base.result,
  position: { side: 'left', crossesMidline: true, part: 'posterior' },
  comparison,
  treatment: {
    radiotherapy: [{ words: '60 Gy', from: '2025-12-01', to: '2026-01-10', reference: 'Procedure/7' }],
    bevacizumab: [],
    steroids: [],
  },
  quality: [
    { code: 'who-low-grade-wildtype', severity: 'warning', ...remark('who-low-grade-wildtype') },
    { code: 'thick-slices', severity: 'info', ...remark('thick-slices', { sequence: 'FLAIR', mm: 5.04 }) },
    {
      code: 'not-evaluable',
      severity: 'warning',
      ...remark('region-not-evaluable', { key: 'ET', name: 'enhancing tumour', missing: ['T1c'] }),
    },
    { code: 'prior-compared', severity: 'info', text: 'The two studies side by side.' },
    { code: 'text-not-decoded', severity: 'info', text: 'Only this stands in English.' },
  ],
}
const figures = reportFigures({ ...base, result, link: 'https://glioma.hospital.example/analyses/a' })

/** Text within the values that is the bundle's, the archive's or a person's. */
const OWN = [
  result.bundle.intendedUse,
  ...base.result.predictions.flatMap(({ reason }) => (reason === undefined ? [] : [reason])),
  'Only this stands in English.',
]

/** Every string of a wording with its path, at any depth. */
function* stringsOf(value: unknown, path = ''): Generator<[path: string, text: string]> {
  if (typeof value === 'string') yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) yield* stringsOf(part, `${path}.${key}`)
}

const tight = (text: string) => text.replace(/\s+/g, '')

async function pagesOf(bytes: Uint8Array) {
  const pdf = await getDocumentProxy(bytes.slice())
  return Promise.all(
    Array.from({ length: pdf.numPages }, async (_, n) => {
      const { items } = await (await pdf.getPage(n + 1)).getTextContent()
      return items.flatMap((item) =>
        'str' in item && item.str.trim() !== ''
          ? [{ text: item.str, x: item.transform[4], y: item.transform[5], size: item.transform[0], width: item.width }]
          : [],
      )
    }),
  )
}

const drawn = new Map(
  LANGUAGES.map((language) => [
    language,
    drawReportPdf({ result, figures, letterhead: letterheadOf('Universitätsklinikum Musterstadt', language) }),
  ]),
)

describe.each(TRANSLATED)('the report in %s', (language) => {
  it('has another text than English for everything that is not the same in both', () => {
    const own = new Map(stringsOf(WORDS[language]))
    const same = [...stringsOf(WORDS.en)].filter(([path, text]) => own.get(path) === text)
    // Words that these languages share, names of techniques and letters of directions.
    expect(same.filter(([, text]) => / .* /.test(text))).toEqual([])
    expect(same.filter(([, text]) => /^[a-z]+ [a-z]+$/.test(text))).toEqual([])
  })

  it('leaves no English sentence in the content but what is quoted as such', () => {
    const { quoted, intendedUse } = WORDS[language]
    // The names of the curve are those of the bundle: the words of its legend and of its alternative text replace them.
    const contentIn = (words: Words) => ({
      ...writeContent(result, words),
      course: words.courseSentence(courseLines(result)),
    })
    const english = new Set([...stringsOf(contentIn(WORDS.en))].map(([, text]) => text))
    const shared = [...stringsOf(contentIn(WORDS[language]))]
      .map(([, text]) => text)
      .filter((text) => /[a-z]{3,} [a-z]{2,}/.test(text) && english.has(text) && !OWN.includes(text))
    // What the archive states itself.
    expect(shared.filter((text) => !/^#|Gliabridge|Example|Tumorprotokoll/.test(text))).toEqual([])
    const said = JSON.stringify(writeContent(result, WORDS[language]))
    expect(said).toContain(JSON.stringify(quoted('Only this stands in English.')).slice(1, -1))
    expect(said).toContain(JSON.stringify(intendedUse(result.bundle.intendedUse)).slice(1, -1))
    for (const note of result.quality.slice(0, -1)) expect(said).not.toContain(note.text)
  })

  it('has its numbers, its dates and its language, everything in place and every letter', {
    timeout: 300_000,
  }, async () => {
    const bytes = (await drawn.get(language))!
    expect(Buffer.from(bytes).toString('latin1')).toContain(`/Lang (${language})`)
    const pages = await pagesOf(bytes)
    for (const pieces of pages)
      for (const { x, y, width, size } of pieces) {
        expect(x).toBeGreaterThanOrEqual(33.9)
        expect(x + width).toBeLessThanOrEqual(595.28 - 33.5)
        expect(y).toBeGreaterThan(20)
        expect(size).toBeGreaterThanOrEqual(7)
      }
    const text = pages.map((pieces) => pieces.map((piece) => piece.text).join(' '))
    const whole = tight(text.join(' '))
    expect(whole).not.toContain('[U+')
    const [whole1] = result.measurements
    expect(text[0]).toContain(`${whole1!.value.toFixed(1).replace('.', ',')} mL`)
    expect(text[0]).toContain(language === 'de' ? '01.03.2026' : '01/03/2026')
    // What a board must know of the page stands there whole.
    const { notReviewed, notTissue } = WORDS[language]
    expect(tight(text[0]!)).toContain(tight(`${notReviewed} ${notTissue}`))
    expect(tight(text[0]!)).toContain(tight(WORDS[language].impressionLines(result).join(' ')))
    // The text that is cut nowhere on the page of a tumour board but in the small print below the pictures.
    const large = pages[0]!.filter(({ size }) => size >= 14).map((piece) => piece.text)
    expect(large.filter((piece) => piece.includes('…'))).toEqual([])
    const labels = Object.values(WORDS[language].labels).filter((label) => label !== WORDS[language].labels.volume)
    const missing = labels.filter((label) => !whole.includes(tight(label)))
    const { region, deviation, reviewedAt } = WORDS[language].labels
    // Those of a first study and of a review.
    expect(missing.filter((label) => ![region, deviation, reviewedAt].includes(label))).toEqual([])
  })
})

it('the list of a meeting is in the language of the site', { timeout: 300_000 }, async () => {
  const bytes = await drawMeetingPdf({
    entries: [{ requested: 'GB-2', notShown: 'several-issuers' }],
    letterhead: letterheadOf('Haus am See', 'de'),
    at: new Date('2026-03-03T12:00:00.000Z'),
    software: { name: 'G', version: '1' },
  })
  const [list] = await pagesOf(bytes)
  const text = list!.map((piece) => piece.text).join(' ')
  expect(text).toContain('Tumorboard 03.03.2026')
  expect(text).toContain('Haus am See · 1 Patient')
  expect(text).toContain('Seite 1 von 1')
})

it('every letter of the wording is among those that fonts are opened for', () => {
  const files = readdirSync(ROOM).filter((name) => !name.startsWith('en') && name !== 'speech.ts')
  const letters = new Set(files.flatMap((name) => [...readFileSync(new URL(name, ROOM), 'utf8')]))
  expect([...letters].filter((letter) => letter !== '\n' && !TYPOGRAPHY.includes(letter))).toEqual([])
})

it('the pages of the report take every sentence from the language they are given', () => {
  // Documents for those who run the service are in English; so are the slides and what is coded.
  const inEnglish = /^(acceptance-report|concordance-report|slides|key-images)\.ts$/
  const breaches = readdirSync(REPORTS)
    .filter((name) => name.endsWith('.ts') && !inEnglish.test(name))
    .flatMap((name) =>
      [...readFileSync(new URL(name, REPORTS), 'utf8').matchAll(/^import (?!type )(.*) from '\.\.\/wording\/(.*)'/gm)]
        .map(([, names, file]) => `${name}: ${names} of ${file}`)
        .filter((line) => !/: \{ (WORDS(, type Words)?|capital|likelihoodOf) \} of /.test(line)),
    )
  expect(breaches).toEqual([])
})

/** The text of the spans, and all other text, as pdf.js reads the pages. */
async function spansOf(bytes: Uint8Array) {
  const pdf = await getDocumentProxy(bytes.slice())
  const texts = { spans: '', others: '' }
  for (let n = 1; n <= pdf.numPages; n++) {
    const page = await pdf.getPage(n)
    const open: boolean[] = []
    for (const item of (await page.getTextContent({ includeMarkedContent: true })).items) {
      if ('str' in item) texts[open.includes(true) ? 'spans' : 'others'] += item.str
      else if (item.type === 'endMarkedContent') open.pop()
      else open.push((item as { tag?: string }).tag === 'Span' && !item.id)
    }
  }
  return { spans: tight(texts.spans), others: tight(texts.others) }
}

/** How often the pages say that a span is in English. */
function englishSpans(bytes: Uint8Array): number {
  const pdf = Buffer.from(bytes)
  let count = 0
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at + 1)) {
    if (pdf.subarray(at - 3, at).toString() === 'end') continue
    try {
      const page = inflateSync(pdf.subarray(at + 7, pdf.indexOf('endstream', at))).toString('latin1')
      count += page.match(/\/Span <<\s*\/Lang \(en\)\s*>> BDC/g)?.length ?? 0
    } catch {
      // Metadata, which is not compressed.
    }
  }
  return count
}

describe('what a bundle says in English', () => {
  it.each(TRANSLATED)('is marked as English in a report in %s, and nothing else is', async (language) => {
    const bytes = await drawReportPdf({ result, figures, letterhead: letterheadOf('Haus am See', language) })
    const { spans, others } = await spansOf(bytes)
    for (const said of OWN) {
      expect(spans).toContain(tight(said))
      expect(others).not.toContain(tight(said))
    }
    const words = WORDS[language]
    for (const own of [words.board.predicted, words.sections.quality, words.notTissue]) {
      expect(spans).not.toContain(tight(own))
      expect(others).toContain(tight(own))
    }
    expect(englishSpans(bytes)).toBeGreaterThanOrEqual(OWN.length)
  })

  it('needs no mark in a report that is in English', async () => {
    expect(englishSpans(await drawReportPdf({ result, figures, letterhead: letterheadOf('Haus am See') }))).toBe(0)
  })
})
