// One error type and one catalogue. Messages carry ids and attribute names, never patient data, bodies or query strings.

import { LIMITS } from './limits.ts'

/**
 * transient: try again later. ambiguous: the remote side may have done it, look before repeating.
 * hold: stop and wait for a person. permanent: cannot succeed unless something is changed.
 */
export type ErrorClass = 'transient' | 'ambiguous' | 'hold' | 'permanent'

/** code → class and what an operator does about it. docs/errors.md is checked against this table. */
export const ERRORS = {
  ARCHIVE_UNREACHABLE: [
    'transient',
    'Check that the archive is running and that pacs.url is right; work resumes by itself.',
  ],
  ARCHIVE_TIMEOUT: ['transient', 'The archive answered too slowly; raise pacs.timeoutMs if this is normal for it.'],
  ARCHIVE_ERROR: ['transient', "The archive answered with a server error; see the archive's own log."],
  ARCHIVE_AUTH: [
    'transient',
    'The archive refused our credentials; check pacs.auth and the environment variables or files it names.',
  ],
  ARCHIVE_FORBIDDEN: [
    'transient',
    'The archive knows us but forbids this; grant our user the right to search, retrieve and store (docs/install.md lists them by archive).',
  ],
  ARCHIVE_NOT_DICOMWEB: [
    'transient',
    'The answer is not what DICOMweb requires; the message says what came. If it was a page, check pacs.url and any proxy; if it was invalid JSON or an excerpt of the metadata, check the archive.',
  ],
  ARCHIVE_TRUNCATED: ['transient', 'The answer ended early; the missing instances will be fetched again.'],
  ARCHIVE_REJECTED: ['permanent', 'The archive refused the request; the status and the instance are in the message.'],
  STORE_FAILED: [
    'transient',
    'The archive did not store an instance; its failure reason is in the message. The store is retried up to pacs.maxAttempts.',
  ],
  STORE_CONFLICT: [
    'hold',
    'The archive holds the same UID with other content, or refuses the study; a PACS administrator must decide.',
  ],
  EHR_UNREACHABLE: [
    'transient',
    'Check that the FHIR server is running and that ehr.url is right; work resumes by itself.',
  ],
  EHR_AUTH: [
    'transient',
    'The FHIR server refused our credentials; check ehr.auth and the environment variables or files it names.',
  ],
  EHR_FORBIDDEN: [
    'transient',
    'The FHIR server knows us but forbids this; grant our client the right named in the message (docs/install.md lists them by server).',
  ],
  EHR_THROTTLED: ['transient', 'The FHIR server asks us to slow down; the retry waits as long as it says.'],
  EHR_ERROR: ['transient', "The FHIR server answered with a server error; see the server's own log."],
  EHR_CONFLICT: [
    'transient',
    'Another writer changed a resource, or the outcome of a create is not known yet; the resource is read again before anything is written.',
  ],
  EHR_AMBIGUOUS: ['ambiguous', 'The answer to a write was lost; the service reads before it writes again.'],
  EHR_REJECTED: ['permanent', 'The FHIR server refused the resource; its OperationOutcome codes are in the message.'],
  EHR_DUPLICATE: [
    'hold',
    'More than one resource has the identifier that must be unique; merge or remove the duplicates.',
  ],
  PATIENT_ID_MISSING: ['hold', 'The study has no Patient ID; correct it in the archive, then resolve the hold.'],
  PATIENT_MIXED: [
    'hold',
    'Instances of the study name different patients; correct it in the archive, then resolve the hold.',
  ],
  PATIENT_NOT_FOUND: [
    'hold',
    'No patient in the EHR has this identifier; register the patient, or confirm the right one, then resolve the hold.',
  ],
  PATIENT_AMBIGUOUS: [
    'hold',
    'More than one patient in the EHR has this identifier; merge them, or confirm the right one, then resolve the hold.',
  ],
  PATIENT_MISMATCH: [
    'hold',
    'The EHR patient with this identifier has another birth date, sex or name than the images; correct one of them, or confirm the right patient.',
  ],
  CONSENT_REFUSED: [
    'hold',
    "The patient's record contains a consent that denies this analysis; if that is wrong, correct it in the EHR, then resolve the hold.",
  ],
  WORKITEM_CANCELED: [
    'hold',
    'The workitem that requested this analysis was canceled; resolve the hold to have the study analysed anyway.',
  ],
  OUTSIDE_INTENDED_USE: [
    'hold',
    'The bundle is not intended for this patient. Install one that is, or, to have such studies analysed with a warning in every output, set inference.outsideIntendedUse to state; then resolve the hold.',
  ],
  SERIES_MISSING: ['hold', 'The study lacks a sequence that the bundle needs; see the reasons per series.'],
  SERIES_AMBIGUOUS: [
    'hold',
    'Two series fit one sequence equally well, or it is unclear which of them was taken with contrast; see the reasons per series and choose on the study page, or with series.overrides for all such studies.',
  ],
  SERIES_UNSUPPORTED: [
    'hold',
    'A chosen series cannot be used as a volume (gap, tilt, duplicate slices, mosaic …); the reason is in the message.',
  ],
  SERIES_CONTRADICTION: [
    'hold',
    'The pixels of chosen series contradict their headers; look at the pictures on the page and choose the right series there.',
  ],
  INSTANCE_INVALID: [
    'hold',
    'An instance is damaged or unreadable; the message names it. Send it again from the modality.',
  ],
  DECODING_FAILED: [
    'transient',
    'The process that decodes images ended, or took too long over the instance named in the message; it is tried once more and then held. Send the instance again from the modality.',
  ],
  SOURCE_INVALID: [
    'hold',
    'The images contain an identifier that no valid DICOM result can refer to; the message names the attribute and the form of its value. Correct it in the archive, then resolve the hold.',
  ],
  INPUT_IMPLAUSIBLE: [
    'hold',
    'The images are outside what the bundle accepts (registration failed, constant image …).',
  ],
  BUNDLE_INVALID: ['permanent', 'The bundle is damaged or invalid; every problem is listed. Install it again.'],
  CHANGE_REFUSED: [
    'permanent',
    'The decision on a bundle was refused; the message says why. Install the bundle, or let its shadow run go on until every limit is met; a rollback needs no limits.',
  ],
  TABLE_INVALID: ['permanent', 'Correct the table; the message names the wrong column or line.'],
  INFERENCE_FAILED: ['transient', 'The inference process failed or was stopped; it will be restarted.'],
  INFERENCE_OUT_OF_MEMORY: [
    'hold',
    'No provider of inference.providers has enough memory for the networks, even slice by slice. Free memory on the device or give the machine more of it, then resolve the hold.',
  ],
  INFERENCE_UNAVAILABLE: [
    'permanent',
    'No execution provider of inference.providers could be started; the reasons are in the message.',
  ],
  SETTINGS_INVALID: ['permanent', 'Correct the settings; all problems are listed at once.'],
  DATABASE_UNREACHABLE: [
    'transient',
    'Check that PostgreSQL is running and that DATABASE_URL is right; work resumes by itself.',
  ],
  DISK_FULL: [
    'transient',
    'Free space on the disk of store.dataDir (receive.folder for images that are sent here), or on that of PostgreSQL; below 256 MiB here, or without room for 4 MiB there, the service is not ready. Work resumes by itself.',
  ],
  DATABASE_REFUSED: [
    'permanent',
    'PostgreSQL refuses the user, password, database or a right; its SQLSTATE is in the message. Correct DATABASE_URL, or grant the right.',
  ],
  DATA_FOLDER_IN_USE: [
    'permanent',
    'Stop the other process, or give this one a data folder of its own (store.dataDir).',
  ],
  SERVICE_NOT_RUNNING: [
    'permanent',
    'Start the service (gliabridge serve) on this machine, with the same settings, and run the command again.',
  ],
  LEASE_LOST: [
    'transient',
    'Another worker has taken over the analysis, because this one showed no sign of life for a minute; there is nothing to do. If this happens often, check the load of this machine and its connection to the database.',
  ],
  STATE_CONFLICT: ['permanent', 'The analysis was changed by someone else; load it again.'],
  REVIEW_INVALID: [
    'permanent',
    'The review does not fit the result; correct what the message names, and send it again.',
  ],
  CHOICE_INVALID: [
    'permanent',
    'The chosen series do not fit the study; correct what the message names, and choose again.',
  ],
  SIGN_IN_REFUSED: [
    'permanent',
    'Sign-in was refused; the message says what was missing. Start again from the EHR or the sign-in page, or ask whoever maintains the settings (access).',
  ],
  IDENTITY_UNREACHABLE: [
    'transient',
    'Check that the identity provider, or the EHR, is running and that its issuer in the settings (access) is right; then sign in again.',
  ],
  IDENTITY_INVALID: [
    'permanent',
    'The identity provider, or the EHR, refused our client or gave an answer that could not be verified; compare client id, secret and redirect address with what is registered there (docs/install.md).',
  ],
  ACCOUNT_INVALID: ['permanent', 'Correct the account as the message says, and run the command again.'],
  SPOOL_UNWRITABLE: [
    'transient',
    'The pages have no images of this analysis; its results are complete. Check the space and permissions of the folder viewer.folder; later studies will have images again.',
  ],
  RECEIVED_UNWRITABLE: [
    'transient',
    'What was sent to the service could not be stored and was refused, so the sender still has it. Check the permissions and disk of the folder receive.folder.',
  ],
  MESSAGE_INVALID: [
    'permanent',
    'An HL7 v2 message was refused, or its connection ended; this message and the acknowledgment say what is missing. Correct it at the sender, or set receive.hl7.accessionFields.',
  ],
  NOTICE_UNREACHABLE: [
    'transient',
    'A notice was not sent: check the mail server of notify.mail, or the address in the rule; it will be sent again automatically.',
  ],
  NOTICE_AMBIGUOUS: [
    'ambiguous',
    'The answer to a notice was lost; it will be sent again under the same Message-ID or Idempotency-Key.',
  ],
  NOTICE_REFUSED: [
    'permanent',
    'A notice was refused; correct what the message names, then resend it (gliabridge notices --again).',
  ],
  NOT_FOUND: ['permanent', 'No such study or analysis here; check the id.'],
  INTERNAL: [
    'transient',
    'An unforeseen error, tried once more and then held; report it with the log line that contains its stack frames.',
  ],
} as const satisfies Record<string, readonly [ErrorClass, string]>

export type ErrorCode = keyof typeof ERRORS

export class AppError extends Error {
  readonly code: ErrorCode
  /** Seconds the remote side asked us to wait, if it did; at most the value in LIMITS. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'AppError'
    this.code = code
    const retryAfter = options.retryAfterSeconds
    this.retryAfterSeconds = retryAfter === undefined ? undefined : Math.min(retryAfter, LIMITS.retryAfterSeconds)
  }

  get class(): ErrorClass {
    return ERRORS[this.code][0]
  }

  get hint(): string {
    return ERRORS[this.code][1]
  }
}

/** Wraps whatever was thrown; of a foreign error only the name is kept, since its message may contain patient data. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const name = error instanceof Error ? error.name : typeof error
  return new AppError('INTERNAL', `unexpected ${name}`, { cause: error })
}

/**
 * For a step that may fail without harm: returns the error if the catalogue names it, and rethrows an unforeseen one, since a
 * bug must not pass for a note about the patient.
 */
export function foreseen(thrown: unknown): AppError {
  const error = asAppError(thrown)
  if (error.code === 'INTERNAL') throw error
  return error
}

const MAX_FRAMES = 8
/** V8's "at Store.save (file:///app/src/store/a.ts:3:9)": function, file, line, column. */
const FRAME = /^\s+at (?:async )?(?:new )?(?:([\w.$<>]+)(?: \[as \w+\])? \()?([^\s()]+):(\d+):(\d+)\)?$/

/** Fields of a log line that say where an unforeseen error came from; none for an error in the catalogue. */
export function unforeseenFields(thrown: unknown): { kind?: string; frames?: string } {
  if (asAppError(thrown).code !== 'INTERNAL') return {}
  let origin = thrown
  while (origin instanceof AppError && origin.cause instanceof Error) origin = origin.cause
  if (!(origin instanceof Error)) return { kind: typeof origin }
  return { kind: origin.name, frames: framesOf(origin).join(' | ') }
}

/** "save src/store/a.ts:3:9", innermost first. The message, which may quote patient data, precedes the frames and is cut off. */
export function framesOf({ stack = '', message }: Error): string[] {
  const messageAt = stack.indexOf(message)
  const frames = messageAt < 0 ? stack : stack.slice(messageAt + message.length)
  return frames
    .split('\n')
    .flatMap((line) => {
      const [, name, file = '', row, column] = FRAME.exec(line) ?? []
      const place =
        /^node:[\w/]+$/.exec(file)?.[0] ??
        /\/((?:src|demo|conformance|test|node_modules)\/[\w.@/+-]+)(?:\?.*)?$/.exec(file)?.[1]
      return place === undefined ? [] : [`${name === undefined ? '' : `${name} `}${place}:${row}:${column}`]
    })
    .slice(0, MAX_FRAMES)
}
