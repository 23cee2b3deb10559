// A study as the archive describes it: DICOM JSON (PS3.18 Annex F) per instance, grouped by series.

/** A DICOM unique identifier, for example "1.2.840.10008.1.2". */
export type Uid = string

/** One attribute of the DICOM JSON model (PS3.18 F.2.2). PN values are objects with Alphabetic, Ideographic, Phonetic. */
export interface DicomElement {
  vr: string
  Value?: unknown[]
  InlineBinary?: string
  BulkDataURI?: string
}

/** A data set in the DICOM JSON model; keys are eight upper-case hexadecimal digits. */
export type DicomJson = Record<string, DicomElement>

export interface Instance {
  sopInstanceUid: Uid
  sopClassUid: Uid
  /** All attributes except bulk data. */
  metadata: DicomJson
}

export interface Series {
  seriesInstanceUid: Uid
  modality: string
  instances: Instance[]
}

export interface Study {
  studyInstanceUid: Uid
  series: Series[]
}

/** Patient identity as the instances state it; an empty string if an attribute is empty or absent, never made up. */
export interface PatientIdentity {
  patientId: string
  issuerOfPatientId: string
  /** The three PN component groups joined by "=", as stored. */
  patientName: string
  /** DICOM DA, YYYYMMDD. */
  patientBirthDate: string
  /** DICOM CS: M, F, O or empty. */
  patientSex: string
}

/** Study identity copied from the instances; empty attributes stay empty. */
export interface StudyIdentity {
  studyInstanceUid: Uid
  studyId: string
  accessionNumber: string
  issuerOfAccessionNumber: string
  /** DICOM DA, YYYYMMDD. */
  studyDate: string
  /** DICOM TM. */
  studyTime: string
  studyDescription: string
  referringPhysicianName: string
}

/** The sequences that every glioma bundle may take; a report shows each one or notes that it is missing. */
export const STRUCTURAL = ['T1', 'T1c', 'T2', 'FLAIR'] as const
/** Maps of a computed quantity that a bundle may also take; unless one does, a study without them is complete. */
export const MAPS = ['ADC', 'rCBV'] as const
export type ParameterMap = (typeof MAPS)[number]
export type Structural = (typeof STRUCTURAL)[number]
export type Sequence = Structural | ParameterMap
export const SEQUENCES: readonly Sequence[] = [...STRUCTURAL, ...MAPS]

/** A person's choice of series for a study, which overrides the headers. */
export interface SeriesChoice {
  series: Partial<Record<Sequence, Uid>>
  by: string
}

/** Why a series was selected or not; every series of a study gets exactly one. */
export interface SeriesDecision {
  seriesInstanceUid: Uid
  seriesNumber: string
  seriesDescription: string
  modality: string
  selected: boolean
  /** Set if selected. */
  sequence?: Sequence
  /** Evidence in words, strongest first, for example "TR 9000 ms, TE 120 ms, TI 2500 ms: FLAIR". */
  reasons: string[]
}

/** A slice through the middle of a series, for a person who must say what it is. */
export interface DoubtPicture {
  seriesNumber: string
  seriesInstanceUid: string
  /** The sequence according to the headers; absent if they do not say. */
  sequence?: Sequence
  /** PNG in base64. */
  png: string
}
