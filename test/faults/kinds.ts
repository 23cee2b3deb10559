// What goes wrong in the seeded hospital, each kind by its name in docs/reliability.md.
import { AppError, type ErrorCode } from '../../src/domain/errors.ts'

export type Port = 'archive' | 'ehr' | 'database' | 'analysis'

/** What happens at a call of a port: before it has an effect, or after, when only its answer is lost. */
export interface CallFault {
  ports: readonly Port[]
  /** Only at these calls of the port; all when left out. */
  calls?: readonly string[]
  when: 'before' | 'after'
  /** An error of the catalogue, or the end of the process. */
  what: ErrorCode | 'kill' | 'partial'
}

/** What happens to the world between two calls. */
export type WorldFault = 'clock back' | 'clock forward' | 'grows' | 'hinted twice' | 'state lost'

export const KINDS: Readonly<Record<string, CallFault | WorldFault>> = {
  'archive cannot be reached': { ports: ['archive'], when: 'before', what: 'ARCHIVE_UNREACHABLE' },
  'archive is silent': { ports: ['archive'], when: 'before', what: 'ARCHIVE_TIMEOUT' },
  'archive answers 500': { ports: ['archive'], when: 'before', what: 'ARCHIVE_ERROR' },
  'archive: body cut': { ports: ['archive'], when: 'before', what: 'ARCHIVE_TRUNCATED' },
  'archive: answer to a store lost': {
    ports: ['archive'],
    calls: ['store'],
    when: 'after',
    what: 'ARCHIVE_UNREACHABLE',
  },
  'archive: a store in part': { ports: ['archive'], calls: ['store'], when: 'before', what: 'partial' },
  'EHR cannot be reached': { ports: ['ehr'], when: 'before', what: 'EHR_UNREACHABLE' },
  'EHR answers 429': { ports: ['ehr'], when: 'before', what: 'EHR_THROTTLED' },
  'EHR: answer lost after commit': { ports: ['ehr'], when: 'after', what: 'EHR_AMBIGUOUS' },
  'database cannot be reached': { ports: ['database'], when: 'before', what: 'DATABASE_UNREACHABLE' },
  'database: answer lost after commit': { ports: ['database'], when: 'after', what: 'DATABASE_UNREACHABLE' },
  'inference fails': { ports: ['analysis'], when: 'before', what: 'INFERENCE_FAILED' },
  'decoder ends over an image': { ports: ['analysis'], when: 'before', what: 'DECODING_FAILED' },
  'process killed before a call': { ports: ['archive', 'ehr', 'database', 'analysis'], when: 'before', what: 'kill' },
  'process killed after a call': { ports: ['archive', 'ehr', 'database', 'analysis'], when: 'after', what: 'kill' },
  'clock set back two hours': 'clock back',
  'clock set forward two hours': 'clock forward',
  'study grows while it is analysed': 'grows',
  'hints doubled and out of order': 'hinted twice',
  'state lost': 'state lost',
}

/** Ends what the process was doing; nothing of it runs on. */
export class Killed extends Error {}

export function errorOf(what: Exclude<CallFault['what'], 'partial'>): Error {
  if (what === 'kill') return new Killed('killed')
  return new AppError(what, 'as the fault campaign wants it', what === 'EHR_THROTTLED' ? { retryAfterSeconds: 20 } : {})
}
