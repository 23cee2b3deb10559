// PixelMed's DicomSRValidator as a judge of structured reports, and which of its remarks are not about our object.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { items, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import type { Remark } from './verdict.ts'

/** It walks its stylesheet for every image that a report lists; hundreds take minutes. */
const LIMIT_MS = 1_800_000
const JAR = '/usr/share/java/pixelmed.jar'
/** Its templates are one large stylesheet; newer Java limits the size of expressions unless told otherwise. */
const UNLIMITED = ['ExprOpLimit', 'TotalOpLimit', 'ExprGrpLimit'].map((name) => `-Djdk.xml.xpath${name}=0`)

export const isPixelmedInstalled = () => existsSync(JAR) && spawnSync('java', ['-version']).error === undefined

/** Every error and warning of one report. */
export function judgeReport(path: string): Remark[] {
  if (!existsSync(JAR)) throw new Error('PixelMed is not installed: install libpixelmed-java and a Java runtime')
  const run = spawnSync(
    'java',
    ['-XX:+UseSerialGC', ...UNLIMITED, '-cp', JAR, 'com.pixelmed.validate.DicomSRValidator', path],
    { encoding: 'utf8', maxBuffer: 1 << 26, timeout: LIMIT_MS },
  )
  if (run.signal !== null) throw new Error(`DicomSRValidator was stopped after ${LIMIT_MS / 60_000} minutes`)
  if (run.error !== undefined) throw new Error('java did not run: install a Java runtime')
  if (!run.stdout.includes('IOD validation complete')) throw new Error('DicomSRValidator did not come to an end')
  const templates = groupTemplates(path)
  return run.stdout
    .split('\n')
    .filter((line) => /^(Error|Warning)/.test(line))
    .map((line) => {
      const explained = EXPLANATIONS.find(({ applies }) => applies(line, templates))?.because
      return explained === undefined ? { text: line } : { text: line, explained }
    })
}

/** The template that each item of the tree says it follows, by its path as PixelMed writes it ("1.10.4"). */
function groupTemplates(path: string): Map<string, string> {
  const found = new Map<string, string>()
  const walk = (item: ReturnType<typeof readPart10>['dataset'], at: string) => {
    const [template] = items(item, 'ContentTemplateSequence')
    if (template !== undefined) found.set(at, text(template, 'TemplateIdentifier'))
    for (const [n, child] of items(item, 'ContentSequence').entries()) walk(child, `${at}.${n + 1}`)
  }
  walk(readPart10(new Uint8Array(readFileSync(path))).dataset, '1')
  return found
}

/** What does not count, and why; docs/conformance/dicom-validators.md lists it. */
export const EXPLANATIONS: { because: string; applies(line: string, templates: Map<string, string>): boolean }[] = [
  {
    because:
      'It tests every measurement group against TID 1410 and against TID 1411, whichever the group says it follows, so that no report with groups of both kinds can pass.',
    applies: (line, templates) => {
      const [, tested, at] = /Template (1410|1411) .*?: within (1(?:\.\d+)+):/.exec(line) ?? []
      return tested !== undefined && at !== undefined && templates.get(at) !== tested
    },
  },
  {
    because:
      'TID 300 and TID 1419 have uncertainty by TID 310 (HAS PROPERTIES) besides values that it is inferred from (INFERRED FROM); the validator takes any number for the second.',
    applies: (line) =>
      /Template (300|1419) .*\[Row (9|10|13|14)\] NUM .*range of .*measurement uncertainty.*found HAS PROPERTIES/.test(
        line,
      ),
  },
  {
    because: 'TID 1501 and TID 320 allow it under any concept name; the validator looks for one without a name.',
    applies: (line) =>
      /"Measurement Group"\)\/(NUM [^/]*\/)?(IMAGE|SCOORD|SCOORD3D) \(.*Content Item not in template/.test(line),
  },
  {
    because:
      'TID 1501 has qualitative evaluations, as codes and as text; this version of the validator has only measurements there.',
    applies: (line) => /"Measurement Group"\)\/(CODE|TEXT) \(.*Content Item not in template/.test(line),
  },
  {
    because:
      'TID 1602 is extensible: what a series was analysed as, and whose grid is measured on, are descriptors of our own; the validator warns of each item beyond its rows.',
    applies: (line) =>
      /"Image Library Group"\)\/CODE \((analysed-as|measurement-grid),99GLIABRIDGE,.*Content Item not in template/.test(
        line,
      ),
  },
]
