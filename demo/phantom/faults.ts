// What can be wrong with a study that arrives: each made on purpose, for the tests of bad input.
import { dataset, number, tagOf, text } from '../../src/dicom/dataset.ts'
import { deterministicUid } from '../../src/dicom/uid.ts'
import type { DicomJson, Sequence } from '../../src/domain/study.ts'

export type Fault =
  /** The middle slice of a series never arrived. */
  | { kind: 'missing-slice'; sequence: Sequence }
  /** The middle slice is there twice, under two UIDs. */
  | { kind: 'duplicate-slice'; sequence: Sequence }
  /** PatientID is empty in every instance. */
  | { kind: 'no-patient-id' }
  /** One instance of the T1 names another patient. */
  | { kind: 'second-patient' }
  /** The middle instance of a series ends in the middle of its pixels. */
  | { kind: 'truncated-instance'; sequence: Sequence }

/** An instance before it is encoded. */
export interface Draft {
  /** Key of the acquisition, see protocol.ts. */
  key: string
  sequence?: Sequence
  dataset: DicomJson
  frames: Uint16Array[]
  /** Set by a fault: the share of the file that arrives. */
  arrives?: number
}

/** The study's instances with the faults made; the input is left as it is. */
export function withFaults(drafts: readonly Draft[], faults: readonly Fault[]): Draft[] {
  return faults.reduce<Draft[]>((made, fault) => withFault(made, fault), [...drafts])
}

function withFault(drafts: Draft[], fault: Fault): Draft[] {
  if (fault.kind === 'no-patient-id') return drafts.map((draft) => changed(draft, { PatientID: '' }))
  const sequence = fault.kind === 'second-patient' ? 'T1' : fault.sequence
  const series = drafts.filter((draft) => draft.sequence === sequence)
  const middle = series[series.length >> 1]
  if (middle === undefined) throw new RangeError(`the generated study has no ${sequence} to make a fault in`)
  switch (fault.kind) {
    case 'missing-slice':
      return drafts.filter((draft) => draft !== middle)
    case 'duplicate-slice': {
      const again = changed(middle, {
        SOPInstanceUID: deterministicUid(text(middle.dataset, 'SOPInstanceUID'), 'again'),
        InstanceNumber: (number(middle.dataset, 'InstanceNumber') ?? 0) + 1000,
      })
      return [...drafts, again]
    }
    case 'second-patient':
      return replaced(drafts, middle, changed(middle, { PatientID: 'GB-OTHER-0002', PatientName: 'Other^Patient' }))
    case 'truncated-instance':
      return replaced(drafts, middle, { ...middle, arrives: 0.6 })
  }
}

function replaced(drafts: Draft[], one: Draft, by: Draft): Draft[] {
  return drafts.map((draft) => (draft === one ? by : draft))
}

function changed(draft: Draft, values: Record<string, string | number>): Draft {
  const clean = { ...draft.dataset }
  for (const keyword of Object.keys(values)) delete clean[tagOf(keyword)]
  return { ...draft, dataset: { ...clean, ...dataset(values) } }
}
