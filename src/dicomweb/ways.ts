// Which of several forms of a query an archive accepts: tried in turn once, then remembered.
import { z } from 'zod'
import { AppError } from '../domain/errors.ts'
import { readAs } from '../domain/json-text.ts'
import type { Log } from '../domain/ports/log.ts'

/** A form of a query, by the name under which it is remembered and shown; the first in a list is the standard's. */
export interface Way {
  name: string
}

/** Keeps what was learnt beyond the process. */
export interface WaysMemory {
  recall(): Promise<string | undefined>
  keep(value: string): Promise<void>
}

export interface Ways {
  /** Uses the form that the archive is known to accept, otherwise tries each in turn; if it accepts none, throws the error of the first. */
  ask<W extends Way, T>(question: string, ways: readonly W[], attempt: (way: W) => Promise<T>): Promise<T>
  /** Records what was found out elsewhere. */
  remember(question: string, way: string): Promise<void>
  /** Query → form, for the queries that the archive does not take as the standard defines them. */
  remembered(): Promise<Readonly<Record<string, string>>>
}

/** Query → form. */
const keptForms = z.record(z.string(), z.string())

/** Whether the answer means that the query is not accepted in this form; a fault of network or server says nothing about forms. */
export class NotWhole extends AppError {}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof NotWhole ||
    (error instanceof AppError && (error.code === 'ARCHIVE_REJECTED' || error.code === 'NOT_FOUND'))
  )
}

export function createWays({ log, memory }: { log: Log; memory?: WaysMemory | undefined }): Ways {
  let learnt: Promise<Map<string, string>> | undefined
  const recalled = () => {
    learnt ??= (async () => {
      const kept = await memory?.recall()
      const forms = kept === undefined ? {} : readAs(keptForms, kept)
      if (forms === undefined)
        log.warn({}, 'which forms of a query the archive accepts cannot be read; each is tried again')
      return new Map(Object.entries(forms ?? {}))
    })()
    return learnt
  }

  async function remember(question: string, way: string, isStandard = false): Promise<void> {
    const remembered = await recalled()
    const before = remembered.get(question)
    if (isStandard ? before === undefined : before === way) return
    if (isStandard) remembered.delete(question)
    else remembered.set(question, way)
    log.info({ question, way }, 'the archive accepts this query in this form; it is remembered')
    await memory?.keep(JSON.stringify(Object.fromEntries(remembered)))
  }

  return {
    async ask(question, ways, attempt) {
      const preferred = (await recalled()).get(question)
      const inOrder = [...ways].sort((a, b) => Number(b.name === preferred) - Number(a.name === preferred))
      let first: unknown
      for (const way of inOrder) {
        try {
          const answer = await attempt(way)
          await remember(question, way.name, way === ways[0])
          return answer
        } catch (error) {
          if (!isRefusal(error)) throw error
          first ??= error
        }
      }
      throw first
    },
    remember: (question, way) => remember(question, way),
    remembered: async () => Object.fromEntries(await recalled()),
  }
}

/** Forms of a search (PS3.18 Section 10.6): some archives refuse keys that they do not match, ranges without an end, or paging. */
export interface SearchWay extends Way {
  dates: 'open' | 'closed' | 'none'
  modality: boolean
  fields: boolean
  paged: boolean
}

/** Departures from the standard form, the fewest first: each costs something that the service then does itself. */
export const SEARCH_WAYS: readonly SearchWay[] = (() => {
  const all = (['open', 'closed', 'none'] as const).flatMap((dates, cost) =>
    [true, false].flatMap((modality) =>
      [true, false].flatMap((fields) =>
        [true, false].map((paged) => ({
          cost: cost + Number(!modality) + Number(!fields) + Number(!paged),
          way: { name: nameOf(dates, modality, fields, paged), dates, modality, fields, paged },
        })),
      ),
    ),
  )
  return all.sort((a, b) => a.cost - b.cost).map(({ way }) => way)
})()

function nameOf(dates: SearchWay['dates'], modality: boolean, fields: boolean, paged: boolean): string {
  const departures = [
    ...(dates === 'closed' ? ['date ranges with an end'] : dates === 'none' ? ['no dates'] : []),
    ...(modality ? [] : ['no ModalitiesInStudy']),
    ...(fields ? [] : ['no includefield']),
    ...(paged ? [] : ['no paging']),
  ]
  return departures.length === 0 ? 'as the standard has it' : departures.join(', ')
}

/** The forms among these that really differ in the request they produce: a query without dates has no range to close. */
export function distinctWays(ways: readonly SearchWay[], pathOf: (way: SearchWay) => string): SearchWay[] {
  const seen = new Set<string>()
  return ways.filter((way) => {
    const path = `${pathOf(way)} ${way.paged}`
    return !seen.has(path) && seen.add(path)
  })
}

export interface AcceptWay extends Way {
  accept: string
}

/** Part 10 objects: as stored, otherwise as the archive sends them by default; in one part if it does not send several. */
export const OBJECT_WAYS: readonly AcceptWay[] = [
  ['multipart, stored transfer syntax', 'multipart/related; type="application/dicom"; transfer-syntax=*'],
  ['multipart', 'multipart/related; type="application/dicom"'],
  [
    'multipart, Explicit VR Little Endian',
    'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1',
  ],
  ['single part, stored transfer syntax', 'application/dicom; transfer-syntax=*'],
  ['single part', 'application/dicom'],
].map(([name, accept]) => ({ name: name!, accept: accept! }))

export const JSON_WAYS: readonly AcceptWay[] = ['application/dicom+json', 'application/json', '*/*'].map((accept) => ({
  name: accept,
  accept,
}))
