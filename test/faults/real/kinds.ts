// What goes wrong among the real parts, each kind by its name in docs/reliability.md.
import type { Fault } from '../../support/faulty-ehr.ts'
import type { Hospital } from './hospital.ts'

/** Makes so many faults happen, at once or at the next requests that fit. */
type Kind = (hospital: Hospital, count: number) => Promise<void> | void

const onWire =
  (wire: 'pacs' | 'ehr', fault: Fault, only?: RegExp): Kind =>
  (hospital, count) =>
    hospital.arm(wire, fault, count, only)
const again =
  (once: (hospital: Hospital) => Promise<void> | void): Kind =>
  async (hospital, count) => {
    for (let n = 0; n < count; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1500))
      await once(hospital)
    }
  }
const outcome = '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"conflict"}]}'
const fhir = { contentType: 'application/fhir+json', body: outcome }

export const REAL_KINDS: Readonly<Record<string, Kind>> = {
  'service killed': again((hospital) => hospital.killWorker()),
  'inference process killed': again((hospital) => hospital.killInference()),
  'Orthanc killed': again((hospital) => hospital.killArchive()),
  'PostgreSQL ended hard': again((hospital) => hospital.crashDatabase()),
  'PACS answers 500': onWire('pacs', { kind: 'status', status: 500 }),
  'PACS answers 503': onWire('pacs', { kind: 'status', status: 503, headers: { 'retry-after': '1' } }),
  'PACS is silent': onWire('pacs', { kind: 'hang' }),
  'PACS: body cut': onWire('pacs', { kind: 'cut' }, /^GET/),
  'PACS: answer byte by byte': onWire('pacs', { kind: 'drip' }),
  'PACS: answer to a store lost': onWire('pacs', { kind: 'lost' }, /^POST/),
  'EHR answers 429': onWire('ehr', { kind: 'status', status: 429, headers: { 'retry-after': '1' }, ...fhir }),
  'EHR answers 412 to a write': onWire('ehr', { kind: 'status', status: 412, ...fhir }, /^(POST|PUT)/),
  'EHR answers 503': onWire('ehr', { kind: 'status', status: 503 }),
  'EHR is silent': onWire('ehr', { kind: 'hang' }),
  'EHR: answer lost after commit': onWire('ehr', { kind: 'lost' }, /^(POST|PUT)/),
  'EHR: body cut': onWire('ehr', { kind: 'cut' }),
  'notifications doubled and out of order': again((hospital) => hospital.hintAll()),
}
