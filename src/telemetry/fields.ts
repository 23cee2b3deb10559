// The fields a log line may have: an allow-list, so that patient data cannot slip in by a new field or an odd value.
export type FieldValue = string | number | boolean

/** Texts that are written by programs: identifiers, codes, names of parts. Spaces and "^" of names do not fit. */
const TOKEN = /^[\w.:/@+-]{1,200}$/
const UID = /^[0-9.]{1,64}$/
const CODE = /^[A-Z][A-Z0-9_]{1,40}$/
/** Sentences of our own and of runtimes; a person name in DICOM form has "^" or "=". */
const SENTENCE = /^[^^=\n\r]{1,500}$/

/** Places in the source: no message, which might quote patient data. */
const FRAMES = /^[\w.$<>:/@+ |-]{0,2000}$/

/** Field → what its text must look like. */
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

/** Numbers and flags: counts, durations, sizes, states of retries. */
const NUMBERS =
  /^(attempt|attempts|status|port|pid|leases|failures|instances|missing|hints|studies|series|resources|entries|rows|round|rounds|pages|count|created|handled|total|stored|bytes|expected|objects|listed|described|again|late|first|\w+(Count|Ms|Seconds|Minutes|Mb|Bytes|Port|Fraction|Attempt|Attempts))$/

export interface SafeFields {
  fields: Record<string, FieldValue>
  /** Names of fields that were left out or whose text was withheld. */
  withheld: string[]
}

/** Keeps what is on the list; the rest is named, never shown. */
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
