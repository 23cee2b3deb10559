// What the EHR knows of the patient before an analysis: consent, performance status, resection, tissue test results (FHIR R4 search).
import type {
  CarePlan,
  Consent,
  DiagnosticReport,
  Observation,
  Procedure,
  Resource,
  ResourceType,
} from '@medplum/fhirtypes'
import type { BoardRecord } from '../../domain/board-record.ts'
import type { TissueAnswer } from '../../domain/concordance.ts'
import { calendarDate } from '../../domain/dicom-date.ts'
import { AppError } from '../../domain/errors.ts'
import type { ClinicalFacts, TissueResult } from '../../domain/finding.ts'
import type { StudyIdentity } from '../../domain/study.ts'
import type { TreatmentHistory } from '../../domain/treatment.ts'
import type { RecordStore } from '../connection/record-store.ts'
import { ordersOfStudy } from '../matching/orders.ts'
import { type BoardReads, decisionOf, questionOf } from './board-record.ts'
import { isRefused } from './consent.ts'
import { KARNOFSKY, karnofskyOf, type ResectionCodes, resectionOf } from './facts.ts'
import { belongsTo } from './resource-facts.ts'
import { type TissueCodes, tissueResultsOf, tissueTokens } from './tissue.ts'
import { conclusionTokens, readsAnswers, type TissueValues, tissueAnswersOf } from './tissue-answers.ts'
import { TREATMENT_TYPES, type TreatmentCodes, type TreatmentResource, treatmentsOf } from './treatments.ts'

export interface ReadSettings {
  /** The site's procedures; without any, resection is not read. */
  resectionCodes: ResectionCodes
  /** Codes of tissue tests besides the built-in LOINC codes. */
  tissueCodes: TissueCodes
  /** Which tissue result values mean which class of a head; without any, predictions are not compared with tissue. */
  tissueValues: TissueValues
  /** Codes of treatments that affect how a follow-up is read; without any, treatments are not read. */
  treatmentCodes: TreatmentCodes
  /** What is read for a tumour board; nothing unless the site says so. */
  board: BoardReads
  /** Codes of what a patient may have refused; without any, consent is not read. */
  optOutCodes: readonly string[]
}

export const NO_READS: ReadSettings = {
  resectionCodes: { 'gross-total': [], subtotal: [], biopsy: [] },
  tissueCodes: { idh: [], '1p19q': [], mgmt: [], grade: [] },
  tissueValues: { idh: {}, '1p19q': {}, mgmt: {}, grade: {} },
  treatmentCodes: { radiotherapy: [], bevacizumab: [], steroids: [] },
  board: { question: false, decisionCodes: [] },
  optOutCodes: [],
}

type Store = Pick<RecordStore, 'search'>

/** Throws CONSENT_REFUSED if the patient has refused; asks nothing if no codes are configured. */
export async function checkConsent(
  store: Store,
  { optOutCodes }: ReadSettings,
  patient: string,
  now: Date,
): Promise<void> {
  if (optOutCodes.length === 0) return
  const consents = await ofPatient<Consent>(store, 'Consent', patient, {})
  if (consents.some((consent) => isRefused(consent, optOutCodes, now)))
    throw new AppError('CONSENT_REFUSED', 'the EHR holds an active consent that denies this analysis')
}

/** `studyDate` is a DICOM DA. */
export async function readClinicalFacts(
  store: Store,
  { resectionCodes }: ReadSettings,
  patient: string,
  studyDate: string,
): Promise<ClinicalFacts> {
  const scores = await ofPatient<Observation>(store, 'Observation', patient, { code: KARNOFSKY })
  const tokens = Object.values(resectionCodes).flat()
  const procedures =
    tokens.length === 0 ? [] : await ofPatient<Procedure>(store, 'Procedure', patient, { code: tokens.join(',') })
  const karnofsky = karnofskyOf(scores, calendarDate(studyDate))
  const resection = resectionOf(procedures, resectionCodes)
  return { ...(karnofsky !== undefined && { karnofsky }), ...(resection && { resection }) }
}

export async function readTissueResults(
  store: Store,
  { tissueCodes }: ReadSettings,
  patient: string,
): Promise<TissueResult[]> {
  const code = tissueTokens(tissueCodes).join(',')
  return tissueResultsOf(await ofPatient<Observation>(store, 'Observation', patient, { code }), tissueCodes)
}

/** Asks nothing if the site has configured no values. */
export async function readTissueAnswers(
  store: Store,
  { tissueCodes, tissueValues }: ReadSettings,
  patient: string,
): Promise<TissueAnswer[]> {
  if (!readsAnswers(tissueValues)) return []
  const code = tissueTokens(tissueCodes).join(',')
  const observations = await ofPatient<Observation>(store, 'Observation', patient, { code })
  const conclusion = conclusionTokens(tissueValues).join(',')
  const reports =
    conclusion === '' ? [] : await ofPatient<DiagnosticReport>(store, 'DiagnosticReport', patient, { conclusion })
  return tissueAnswersOf({ observations, reports }, tissueCodes, tissueValues)
}

/** Empty if the site has configured no codes. */
export async function readTreatments(
  store: Store,
  { treatmentCodes }: ReadSettings,
  patient: string,
): Promise<TreatmentHistory> {
  const code = Object.values(treatmentCodes).flat().join(',')
  if (code === '') return {}
  const treatments: TreatmentResource[] = []
  for (const type of TREATMENT_TYPES)
    treatments.push(...(await ofPatient<TreatmentResource>(store, type, patient, { code })))
  return treatmentsOf(treatments, treatmentCodes)
}

/** Empty if the site reads neither, or if the record says nothing. The question is that of the one order of the study. */
export async function readBoardRecord(
  store: Store,
  { board: { question, decisionCodes } }: ReadSettings,
  accessionSystem: string | undefined,
  study: Pick<StudyIdentity, 'accessionNumber' | 'studyDate'>,
  patient: string,
): Promise<BoardRecord> {
  const { usable } =
    question && study.accessionNumber.trim() !== ''
      ? await ordersOfStudy(store, accessionSystem, study, patient)
      : { usable: [] }
  const plans =
    decisionCodes.length === 0
      ? []
      : await ofPatient<CarePlan>(store, 'CarePlan', patient, { category: decisionCodes.join(',') })
  const asks = usable.length === 1 ? questionOf(usable[0]!) : undefined
  const decision = decisionOf(plans, decisionCodes, calendarDate(study.studyDate))
  return { ...(asks && { question: asks }), ...(decision && { decision }) }
}

async function ofPatient<T extends Resource>(
  store: Store,
  resourceType: ResourceType,
  patient: string,
  more: Record<string, string>,
): Promise<T[]> {
  const resources = await store.search(resourceType, 'patient', [patient], more)
  return resources.filter(
    (resource): resource is T => resource.resourceType === resourceType && belongsTo(resource, patient),
  )
}
