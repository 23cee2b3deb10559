// The PDF of an acceptance, as pdf.js reads it: decision, limits, inventory, every study, and how it is verified; the same bytes again.
import { extractText, getDocumentProxy } from 'unpdf'
import { expect, it } from 'vitest'
import { drawAcceptancePdf } from '../../src/reports/acceptance-report.ts'
import { inventory, limitWords, measuredWords, resultWords, verifyCommand } from '../../src/wording/acceptance.ts'
import { letterheadOf } from '../support/letterhead.ts'
import { sampleAcceptance } from '../support/sample-acceptance.ts'

it('says all that the JSON says', async () => {
  const json = { name: 'acceptance.json', sha256: 'ef'.repeat(32) }
  const draw = () => drawAcceptancePdf({ report: sampleAcceptance, json, letterhead: letterheadOf('Haus am See') })
  const bytes = await draw()
  const pdf = await getDocumentProxy(bytes.slice())
  const read = (await extractText(pdf, { mergePages: true })).text.replace(/\s+/g, '')
  const said = [
    'NO-GO – not every limit is met',
    'Haus am See',
    ...sampleAcceptance.verdicts.flatMap((verdict) => [limitWords(verdict.limit), measuredWords(verdict)]),
    ...inventory(sampleAcceptance).flat(),
    ...sampleAcceptance.studies.flatMap((study) => [study.name, resultWords(study)]),
    verifyCommand('acceptance.json'),
    json.sha256,
  ]
  for (const text of said) expect(read).toContain(text.replace(/\s+/g, ''))
  expect(read).not.toContain('[U+')
  expect(Buffer.from(await draw()).equals(Buffer.from(bytes))).toBe(true)
})
