// The PDF of a site's own figures, as pdf.js reads it: the same numbers as the page, on the paper of the site, the same bytes again.
import { extractText, getDocumentProxy } from 'unpdf'
import { expect, it } from 'vitest'
import { drawConcordancePdf } from '../../src/reports/concordance-report.ts'
import { figuresContent } from '../../src/wording/concordance.ts'
import { letterheadOf } from '../support/letterhead.ts'
import { sampleFigures } from '../support/sample-figures.ts'

const draw = () =>
  drawConcordancePdf({
    figures: sampleFigures,
    letterhead: letterheadOf('Haus am See'),
    at: new Date('2026-12-01T06:00:00.000Z'),
    software: { name: 'Gliabridge', version: '1' },
  })

it('says all that the page says', async () => {
  const bytes = await draw()
  const pdf = await getDocumentProxy(bytes.slice())
  const { text } = await extractText(pdf, { mergePages: true })
  const read = text.replace(/\s+/g, ' ')
  const { tables, notes, period } = figuresContent(sampleFigures)
  for (const { title, verdict, rows } of tables) {
    expect(read).toContain(title)
    expect(read).toContain(verdict)
    for (const { name, here, card } of rows) expect(read, name).toContain(card === '' ? here : `${here} ${card}`)
  }
  for (const note of [...notes, period, 'Haus am See']) expect(read).toContain(note)
  expect(pdf.numPages).toBe(1)
  expect(Buffer.from(await draw()).equals(Buffer.from(bytes))).toBe(true)
})
