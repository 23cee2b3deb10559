// The fields that a log line may have: an allow-list, so that patient data cannot slip in through a new field or an odd value.
export type FieldValue = string | number | boolean

/** Texts written by programs: identifiers, codes, names of parts. The spaces and "^" of person names do not match. */
const TOKEN = /^[\w.:/@+-]{1,200}$/
const UID = /^[0-9.]{1,64}$/
const CODE = /^[A-Z][A-Z0-9_]{1,40}$/
/** Our own sentences and those of runtimes; a person name in DICOM form has "^" or "=". */
const SENTENCE = /^[^^=\n\r]{1,500}$/

/** Places in the source code: no message, which might quote patient data. */
const FRAMES = /^[\w.$<>:/@+ |-]{0,2000}$/

/** Field → the pattern its text must match. */
const TEXTS: Readonly<Record<string, RegExp>> = {
  address: TOKEN,
  analysisId: TOKEN,
  studyInstanceUid: UID,
  seriesInstanceUid: UID,
  sopInstanceUid: UID,
  workitemUid: UID,
  bundleId: TOKEN,
  bundleDigest: TOKEN,
  code: CODE,
  kind: TOKEN,
  head: TOKEN,
  measure: TOKEN,
  leg: TOKEN,
  peer: TOKEN,
  since: TOKEN,
  lookBackFrom: TOKEN,
  state: TOKEN,
  step: TOKEN,
  migration: TOKEN,
  noticeId: TOKEN,
  owner: TOKEN,
  trigger: TOKEN,
  feed: TOKEN,
  provider: TOKEN,
  runtime: SENTENCE,
  method: TOKEN,
  route: TOKEN,
  requestId: TOKEN,
  version: TOKEN,
  level: TOKEN,
  signal: TOKEN,
  resource: TOKEN,
  reason: SENTENCE,
  outcome: TOKEN,
  error: SENTENCE,
  elements: SENTENCE,
  search: SENTENCE,
  required: SENTENCE,
  question: SENTENCE,
  way: SENTENCE,
  frames: FRAMES,
}

/** Numbers and flags: counts, durations, sizes, retry states. */
const NUMBERS =
  /^(attempt|attempts|status|port|pid|leases|failures|instances|missing|hints|studies|series|resources|entries|rows|round|rounds|pages|count|created|handled|total|stored|bytes|cases|expected|objects|listed|described|again|late|first|\w+(Count|Ms|Seconds|Minutes|Mb|Bytes|Port|Fraction|Attempt|Attempts))$/

export interface SafeFields {
  fields: Record<string, FieldValue>
  /** Names of fields that were left out or whose text was withheld. */
  withheld: string[]
}

/** Keeps what is on the list; anything else is named, never shown. */
export function safeFields(fields: Readonly<Record<string, FieldValue>>): SafeFields {
  const safe: SafeFields = { fields: {}, withheld: [] }
  for (const [name, value] of Object.entries(fields)) {
    if (isAllowed(name, value)) safe.fields[name] = value
    else safe.withheld.push(name)
  }
  return safe
}

function isAllowed(name: string, value: FieldValue): boolean {
  if (typeof value !== 'string') return NUMBERS.test(name)
  return TEXTS[name]?.test(value) ?? false
}

/** Whether a field of this name can be logged at all. */
export function isKnownField(name: string): boolean {
  return name in TEXTS || NUMBERS.test(name)
}
