// The report of all validators' verdicts, as data and as a page: names, counts and outcomes; never a word of an object's content.
import type { Verdict } from '../../test/support/verdict.ts'

export interface JudgedStudy {
  title: string
  state: string
  hold?: string
  images: number
  /** Names of the DICOM objects, then of the FHIR resources. */
  objects: string[]
  resources: string[]
  verdicts: Verdict[]
}

interface Line {
  validator: string
  object: string
  outcome: Verdict['outcome']
  remarks: number
  explained: string[]
  checked?: string
}

/** Remarks quote the objects, so only our own explanations are kept. */
export function reportOf(studies: readonly JudgedStudy[], finished: boolean) {
  return {
    command: 'npm run conformance',
    finished,
    failed: count(studies, 'failed') + studies.filter(({ state }) => state !== 'delivered').length,
    notInstalled: [...new Set(verdictsOf(studies, 'not installed').map(({ validator }) => validator))],
    studies: studies.map(({ verdicts, ...study }) => ({ ...study, verdicts: verdicts.map(lineOf) })),
  }
}

export type Report = ReturnType<typeof reportOf>

const verdictsOf = (studies: readonly JudgedStudy[], outcome: Verdict['outcome']) =>
  studies.flatMap(({ verdicts }) => verdicts.filter((verdict) => verdict.outcome === outcome))
const count = (studies: readonly JudgedStudy[], outcome: Verdict['outcome']) => verdictsOf(studies, outcome).length

function lineOf({ validator, object, outcome, remarks, checked }: Verdict): Line {
  return {
    validator,
    object,
    outcome,
    remarks: outcome === 'not installed' ? 0 : remarks.length,
    explained: [...new Set(remarks.flatMap(({ explained }) => explained ?? []))],
    ...(checked === undefined ? {} : { checked }),
  }
}

/** Whether every object was accepted, and by all validators unless missing ones are allowed. */
export function isAccepted({ finished, failed, notInstalled }: Report, allowMissing: boolean): boolean {
  return finished && failed === 0 && (allowMissing || notInstalled.length === 0)
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

export function pageOf({ finished, failed, notInstalled, studies }: Report): string {
  const reasons = [...new Set(studies.flatMap(({ verdicts }) => verdicts.flatMap(({ explained }) => explained)))]
  const word = ({ outcome, remarks, explained }: Line) => {
    if (outcome === 'explained')
      return `${remarks} explained (${explained.map((why) => reasons.indexOf(why) + 1).join(', ')})`
    return outcome === 'failed' ? `**failed** (${remarks})` : outcome
  }
  const totals = (verdicts: readonly Line[]) => {
    const names = [...new Set(verdicts.map(({ validator }) => validator))]
    return names.map((name) => {
      const own = verdicts.filter(({ validator }) => validator === name)
      const of = (outcome: string) => String(own.filter((one) => one.outcome === outcome).length)
      return [name, ...['clean', 'explained', 'failed', 'not installed'].map(of)]
    })
  }
  const sections = studies.map(
    ({ title, state, hold, images, objects, resources, verdicts }) => `## ${title}
State: ${state}${hold ? ` (${hold})` : ''}. ${images} images; ${objects.length} DICOM objects; ${resources.length} FHIR resources.

${table(
  ['Validator', 'Object', 'Verdict', 'Read'],
  verdicts.map((line) => [line.validator, line.object, word(line), line.checked ?? '']),
)}`,
  )
  return `<!-- Made by npm run conformance; do not edit. -->
# Every validator's verdict on every object

The service's main job, with every optional output on; each object is judged as the archive or the EHR gave it back. The rejection note
is made by the service's builder, since only a later analysis writes one. Readers of a segmentation must find the same number of voxels
and the same centre in patient space for each segment. ${finished ? '' : '**The run did not come to its end.** '}${failed === 0 ? 'No remark stays unexplained.' : `**${failed} verdicts are failures.**`}${notInstalled.length > 0 ? ` Not installed: ${notInstalled.join(', ')}.` : ''}

${table(['Validator', 'clean', 'explained', 'failed', 'not installed'], totals(studies.flatMap(({ verdicts }) => verdicts)))}

${sections.join('\n\n')}

## Explanations
${reasons.length === 0 ? 'None was needed.' : reasons.map((why, n) => `${n + 1}. ${why}`).join('\n')}
`
}
