// What goes wrong among the real parts, each kind by its name in docs/reliability.md.
import type { Fault } from '../../support/faulty-ehr.ts'
import type { Hospital, Wire } from './hospital.ts'

/** Makes so many faults happen, at once or at the next requests that fit. */
type Kind = (hospital: Hospital, count: number) => Promise<void> | void

const onWire =
  (wire: Wire, fault: Fault, only?: RegExp): Kind =>
  (hospital, count) =>
    hospital.arm(wire, fault, count, only)

const MAX_PAUSE_MS = 3000
const AT_MAX_PAUSE_MS = 300_000
/** At moments that the seed chooses; false: there was nothing to which it could happen, and it is tried again. */
const again =
  (once: (hospital: Hospital) => Promise<void> | boolean | void): Kind =>
  async (hospital, count) => {
    const end = Date.now() + AT_MAX_PAUSE_MS
    for (let n = 0; n < count; ) {
      if (Date.now() > end) throw new Error(`it could happen ${n} times, not ${count}`)
      await new Promise((resolve) => setTimeout(resolve, hospital.random() * MAX_PAUSE_MS))
      if ((await once(hospital)) !== false) n += 1
      // A process that has nothing to do is not started again.
      else if ((await hospital.inspect()).missing.length === 0) await hospital.send(true)
    }
  }

const outcome = '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"conflict"}]}'
const fhir = { contentType: 'application/fhir+json', body: outcome }
/** Not the search for studies, which comes every second. */
const OF_STUDY = /\/studies\/\d/
const WRITE = /^(POST|PUT)/
const STATE = /^PUT .*\/state/

export const REAL_KINDS: Readonly<Record<string, Kind>> = {
  'service killed': again((hospital) => hospital.killService()),
  'inference process killed': again((hospital) => hospital.killInference()),
  'study grows': again((hospital) => hospital.grow()),
  'Orthanc killed': again((hospital) => hospital.killArchive()),
  'PACS cannot be searched (503)': onWire('pacs', { kind: 'status', status: 503, headers: { 'retry-after': '1' } }),
  'PACS answers 500': onWire('pacs', { kind: 'status', status: 500 }, OF_STUDY),
  'PACS is silent': onWire('pacs', { kind: 'hang' }, OF_STUDY),
  'PACS: body cut': onWire('pacs', { kind: 'cut' }, /^GET/),
  'PACS: answer byte by byte': onWire('pacs', { kind: 'drip' }, OF_STUDY),
  'PACS: answer to a store lost': onWire('pacs', { kind: 'lost' }, /^POST/),
  'EHR answers 429': onWire('ehr', { kind: 'status', status: 429, headers: { 'retry-after': '1' }, ...fhir }),
  'EHR answers 412 to a write': onWire('ehr', { kind: 'status', status: 412, ...fhir }, WRITE),
  'EHR answers 503': onWire('ehr', { kind: 'status', status: 503 }),
  'EHR is silent': onWire('ehr', { kind: 'hang' }),
  'EHR: body cut': onWire('ehr', { kind: 'cut' }),
  'EHR: answer lost after commit': onWire('ehr', { kind: 'lost' }, WRITE),
  'PostgreSQL ended hard': again((hospital) => hospital.crashDatabase()),
  'disk of PostgreSQL full': again((hospital) => hospital.fillDisk(MAX_PAUSE_MS)),
  'way to PostgreSQL cut': again((hospital) => hospital.breakNetwork('cut', MAX_PAUSE_MS)),
  'way to PostgreSQL silent': again((hospital) => hospital.breakNetwork('silent', MAX_PAUSE_MS)),
  'notifications doubled and out of order': again((hospital) => hospital.hintAll()),
  'channel of the worklist dropped': again((hospital) => hospital.dropChannels()),
  'worklist: answer to a change of state lost': onWire('worklist', { kind: 'lost' }, STATE),
}
