// A client of an EHR, and records of other kinds, outside any study: for the tests of what they do.
import type { ClinicalRecord, ClinicalRecords, RecordScope } from '../../src/domain/ports/clinical-record.ts'
import { type ClinicalRecordOptions, createClinicalRecords } from '../../src/fhir/connection/records.ts'

export function createClinicalRecord(options: ClinicalRecordOptions): ClinicalRecord {
  return createClinicalRecords(options).forStudy({ studyInstanceUid: '' })
}

/** The same record for every study; hears in whose name it is asked. */
export function recordsOf(record: ClinicalRecord, onScope: (scope: RecordScope) => void = () => {}): ClinicalRecords {
  return {
    forStudy(scope) {
      onScope(scope)
      return record
    },
  }
}
