// The chain of the audit trail: canonical text, a digest over it and its predecessor, and the check of all rows; pure.
import { z } from 'zod'
import { sha256Of } from '../domain/digest.ts'
import { AppError } from '../domain/errors.ts'
import { readAs } from '../domain/json-text.ts'
import type { AuditEntry } from '../domain/ports/audit-trail.ts'

/** The content of a row; the digest covers its canonical text. */
export interface AuditContent extends AuditEntry {
  /** 1 for the first row of the chain. */
  position: number
  /** ISO 8601 UTC with milliseconds. */
  at: string
  /** Name of the machine that made the request. */
  host: string
}

const text = z.string()
const maybe = z.exactOptional
/** Other members stay. */
const auditContent: z.ZodType<AuditContent> = z.looseObject({
  action: z.enum(['read', 'write']),
  target: z.enum(['pacs', 'ehr', 'spool', 'store']),
  studyInstanceUid: text,
  what: text,
  outcome: z.enum(['success', 'failure']),
  interaction: maybe(
    z.enum(['read', 'search-type', 'create', 'update', 'access', 'retrieve', 'store', 'delete', 'login', 'logout']),
  ),
  server: maybe(text),
  patient: maybe(text),
  objects: maybe(z.array(text)),
  query: maybe(text),
  user: maybe(z.object({ identifier: text, name: text })),
  requestId: maybe(text),
  position: z.int().positive(),
  at: text,
  host: text,
})

/** A row as stored; its columns repeat the content, for queries. */
export interface ChainRow {
  auditId: string
  position: number | undefined
  at: string
  action: string
  target: string
  studyInstanceUid: string
  what: string
  outcome: string
  content: string
  previous: string
  digest: string
}

export interface ChainHead {
  position: number
  digest: string
}

export interface ChainProblem {
  kind: 'changed' | 'deleted' | 'inserted'
  /** Which row, in words. */
  where: string
}

/** sha256, hexadecimal, over the digest of the preceding row and the text of this one. */
export function chainDigest(previous: string, content: string): string {
  return sha256Of(`${previous}\n${content}`)
}

/**
 * Checks the rows in the order of their positions. After a problem it continues from what the row itself says, so that each bad
 * row is named once and later rows are not blamed. `anchor` is the digest that the chain began with.
 */
export function createChainCheck(anchor: string) {
  const problems: ChainProblem[] = []
  let last: ChainHead = { position: 0, digest: anchor }
  return {
    problems,
    see(row: ChainRow): void {
      if (row.position === undefined) {
        problems.push({ kind: 'inserted', where: `audit_id ${row.auditId}, without a place in the chain` })
        return
      }
      const name = `row ${row.position} (audit_id ${row.auditId})`
      if (row.position !== last.position + 1) {
        const from = last.position + 1
        const to = row.position - 1
        problems.push({ kind: 'deleted', where: from === to ? `row ${from}` : `rows ${from} to ${to}` })
      } else if (row.previous !== last.digest) {
        problems.push({ kind: 'inserted', where: `${name} does not continue row ${last.position}` })
      }
      if (!saysTheSame(row) || chainDigest(row.previous, row.content) !== row.digest) {
        problems.push({ kind: 'changed', where: name })
      }
      last = { position: row.position, digest: row.digest }
    },
    /** `head` is the last row according to the store, or to a person who noted it down. */
    end(head: ChainHead): ChainHead {
      if (last.position < head.position) {
        problems.push({ kind: 'deleted', where: `rows ${last.position + 1} to ${head.position}, the last ones` })
      } else if (last.position > head.position) {
        problems.push({ kind: 'inserted', where: `rows ${head.position + 1} to ${last.position}, after the last one` })
      } else if (last.digest !== head.digest) {
        problems.push({ kind: 'changed', where: `row ${last.position}, the last one` })
      }
      return last
    },
  }
}

function saysTheSame(row: ChainRow): boolean {
  const content = readAs(auditContent, row.content)
  return (
    content !== undefined &&
    (['position', 'at', 'action', 'target', 'studyInstanceUid', 'what', 'outcome'] as const).every(
      (name) => content[name] === row[name],
    )
  )
}

/** Throws INTERNAL naming the row whose text is no content. */
export function contentIn(text: string, position: string): AuditContent {
  const content = readAs(auditContent, text)
  if (content) return content
  throw new AppError(
    'INTERNAL',
    `row ${position} of the audit trail is damaged; "gliabridge audit verify" lists all rows that are`,
  )
}
