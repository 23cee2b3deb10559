// Every kind of PDF that is written, before veraPDF: archival (PDF/A-2a, ISO 19005-2) and accessible (PDF/UA-1, ISO 14289-1); and none above 2 MB.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ReportableResult } from '../../src/domain/finding.ts'
import { LANGUAGES } from '../../src/domain/languages.ts'
import type { Review } from '../../src/domain/review.ts'
import { drawAcceptancePdf } from '../../src/reports/acceptance-report.ts'
import { drawConcordancePdf } from '../../src/reports/concordance-report.ts'
import { packFigures } from '../../src/reports/kept-figures.ts'
import { drawMeetingPdf } from '../../src/reports/meeting.ts'
import { type DrawnReport, drawReportPdf, reportFigures } from '../../src/reports/pdf.ts'
import { comparisonOf } from '../support/comparison.ts'
import { letterheadOf } from '../support/letterhead.ts'
import { SAGITTAL, syntheticCase } from '../support/result.ts'
import { sampleAcceptance } from '../support/sample-acceptance.ts'
import { sampleFigures } from '../support/sample-figures.ts'
import { HOW_TO_INSTALL, judgePdfs, verapdfJars } from '../support/verapdf.ts'

const jars = verapdfJars()
const base = syntheticCase(SAGITTAL)
const result: ReportableResult = { ...base.result, comparison: comparisonOf(base.result) }
const figures = reportFigures({ ...base, result, link: 'https://glioma.hospital.example/analyses/a' })
const long = 'Ein sehr langer Hinweis zur Qualität der Bilder. '.repeat(12)
const review: Review = {
  reviewId: 'r',
  analysisId: result.analysisId,
  number: 1,
  at: '2026-03-01T10:00:00.000Z',
  decision: 'accept',
  reviewer: { identifier: 'P-1', name: 'Nine^Dr' },
  edits: [],
}
const named = (patientName: string) => ({ ...result, patient: { ...result.patient, patientName } })
const at = new Date('2026-03-03T12:00:00.000Z')
const letterhead = letterheadOf('Haus am See')
const software = { name: 'Gliabridge', version: '1' }

const reports: Record<string, Omit<DrawnReport, 'letterhead'> & Partial<DrawnReport>> = {
  plain: { result, figures },
  letter: { result, figures, letterhead: { ...letterheadOf('St. Mary'), paper: 'Letter' } },
  'without-pictures': { result },
  reviewed: { result, figures, review },
  rejected: { result, figures, review: { ...review, decision: 'reject', reason: 'Wrong patient' } },
  scripts: { result: named('Yamada^Tarou=山田^太郎=やまだ^たろう'), figures },
  arabic: { result: named('العربية^محمد'), figures },
  ...Object.fromEntries(
    LANGUAGES.flatMap((language) =>
      (['A4', 'Letter'] as const).map((paper) => [
        `${language}-${paper}`,
        { result, figures, review, letterhead: { ...letterheadOf('Haus am See', language), paper } },
      ]),
    ),
  ),
  'goes-on': { result: { ...result, quality: Array(30).fill({ code: 'X', severity: 'info', text: long }) }, figures },
}

it.skipIf(!jars)(
  `are right for archives and for readers who do not see (${HOW_TO_INSTALL})`,
  { timeout: 900_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gliabridge-pdf-'))
    try {
      const made: Record<string, Uint8Array> = {}
      for (const [name, report] of Object.entries(reports)) made[name] = await drawReportPdf({ letterhead, ...report })
      const shown = { requested: 'GB-1', analysisId: 'a', result, figures: packFigures(figures) }
      made.meeting = await drawMeetingPdf({
        entries: [shown, { requested: 'GB-2', notShown: 'no-result' }, { ...shown, review: reports.rejected!.review! }],
        letterhead,
        at,
        software,
      })
      made.concordance = await drawConcordancePdf({ figures: sampleFigures, letterhead, at, software })
      made.acceptance = await drawAcceptancePdf({
        report: sampleAcceptance,
        json: { name: 'a.json', sha256: 'ef' },
        letterhead,
      })
      // So that silence means something: a claim that is not true, and pictures that nobody is told of.
      const plain = Buffer.from(made.plain!).toString('latin1')
      const wrong = {
        conformance: plain.replace('/Marked true', '/Marked null'),
        silent: plain.replaceAll('/Alt (', '/Xlt ('),
      }
      for (const [name, bytes] of Object.entries(made)) {
        expect(bytes.length, name).toBeLessThan(2_000_000)
        await writeFile(join(folder, `${name}.pdf`), bytes)
      }
      for (const [name, text] of Object.entries(wrong))
        await writeFile(join(folder, `wrong-${name}.pdf`), Buffer.from(text, 'latin1'))
      const { verdicts, broken } = await judgePdfs(jars!, folder)
      expect(broken.filter((line) => !line.includes('wrong-'))).toEqual([])
      const right = verdicts.filter(({ isRight }) => isRight).map(({ flavour, file }) => `${flavour} ${file}`)
      expect(right).toEqual(
        expect.arrayContaining(Object.keys(made).flatMap((name) => [`2a ${name}.pdf`, `ua1 ${name}.pdf`])),
      )
      const found = verdicts.filter(({ isRight }) => !isRight).map(({ file }) => file)
      expect([...new Set(found)].sort()).toEqual(['wrong-conformance.pdf', 'wrong-silent.pdf'])
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)
