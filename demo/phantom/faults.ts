// Faults that an incoming study can have, made on purpose for the tests of bad input.
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
  /** Two series have swapped headers, as far as these say what an image is. */
  | { kind: 'exchanged-headers'; sequences: readonly [Sequence, Sequence] }

/** Everything in the headers that says what an image is or when it was made. */
// biome-ignore format: one list
export const TELLING = [
  'SeriesDescription', 'ProtocolName', 'SequenceName', 'PulseSequenceName', 'ScanningSequence', 'SequenceVariant', 'ScanOptions',
  'RepetitionTime', 'EchoTime', 'InversionTime', 'FlipAngle', 'EchoTrainLength', 'AcquisitionContrast', 'MRAcquisitionType',
  'ContrastBolusAgent', 'ContrastBolusAgentSequence', 'ContrastBolusVolume', 'ContrastBolusTotalDose', 'ContrastBolusStartTime',
  'ContrastBolusRoute', 'ContrastBolusIngredient', 'AcquisitionTime', 'AcquisitionDate', 'AcquisitionDateTime', 'SeriesTime', 'SeriesDate',
  'ContentTime', 'ContentDate', 'SeriesNumber', 'AcquisitionNumber',
]

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

/** The study's instances with the faults applied; the input is not changed. */
export function withFaults(drafts: readonly Draft[], faults: readonly Fault[]): Draft[] {
  return faults.reduce<Draft[]>((made, fault) => withFault(made, fault), [...drafts])
}

function withFault(drafts: Draft[], fault: Fault): Draft[] {
  if (fault.kind === 'no-patient-id') return drafts.map((draft) => changed(draft, { PatientID: '' }))
  if (fault.kind === 'exchanged-headers') return exchanged(drafts, fault.sequences)
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

function exchanged(drafts: Draft[], [a, b]: readonly [Sequence, Sequence]): Draft[] {
  const tags = new Set(TELLING.map(tagOf))
  const sample = (sequence: Sequence) => {
    const draft = drafts.find((draft) => draft.sequence === sequence)
    if (!draft) throw new RangeError(`the generated study has no ${sequence} to exchange headers with`)
    return Object.fromEntries(Object.entries(draft.dataset).filter(([tag]) => tags.has(tag)))
  }
  const [ofA, ofB] = [sample(a), sample(b)]
  return drafts.map((draft) => {
    const theirs = draft.sequence === a ? ofB : draft.sequence === b ? ofA : undefined
    if (!theirs) return draft
    const own = Object.fromEntries(Object.entries(draft.dataset).filter(([tag]) => !tags.has(tag)))
    return { ...draft, dataset: { ...own, ...theirs } }
  })
}

function replaced(drafts: Draft[], one: Draft, by: Draft): Draft[] {
  return drafts.map((draft) => (draft === one ? by : draft))
}

function changed(draft: Draft, values: Record<string, string | number>): Draft {
  const clean = { ...draft.dataset }
  for (const keyword of Object.keys(values)) delete clean[tagOf(keyword)]
  return { ...draft, dataset: { ...clean, ...dataset(values) } }
}
