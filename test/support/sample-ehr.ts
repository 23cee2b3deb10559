// An EHR that knows the patient of the sample report, and what a whole report is in it.
import { type DemoEhr, demoPatient, startDemoEhr } from '../../demo/ehr/ehr-server.ts'
import { MRN_SYSTEM, PATIENT } from './fhir-report.ts'

export type { DemoEhr } from '../../demo/ehr/ehr-server.ts'

export const startSampleEhr = (): Promise<DemoEhr> => startDemoEhr({ patients: [demoPatient(PATIENT, MRN_SYSTEM)] })

/** How many resources of each type the sample report is. */
export const WHOLE_REPORT = {
  Device: 1,
  ImagingStudy: 1,
  DiagnosticReport: 1,
  Observation: 7,
  RiskAssessment: 1,
  DocumentReference: 1,
  Provenance: 1,
}
