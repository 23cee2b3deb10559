// The spool of received images (IO): <study>/<series>_<SOP class>_<modality>/<instance>.dcm, so that file names alone can answer a search.
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { uidSegment } from '../dicomweb/query.ts'
import { HOUR_MS } from '../domain/durations.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Kept, ReceivedImages, ReceivedInstance, ReceivedObject } from '../domain/ports/received-images.ts'
import type { Uid } from '../domain/study.ts'
import { createTurns } from '../domain/turns.ts'
import { absent, createSpoolWriter, INCOMING, type SpoolOptions } from './spool-writing.ts'

const STUDY = /^\d[\d.]*$/
const SERIES = /^(\d[\d.]*)_(\d[\d.]*)_([A-Z0-9]*)$/
const OBJECT = /^(\d[\d.]*)\.dcm$/
const ABANDONED_MS = HOUR_MS

export async function openReceivedImages(options: SpoolOptions): Promise<ReceivedImages> {
  const { folder, clock } = options
  const writer = await createSpoolWriter(options)
  /** Two objects with one UID, or an object and a removal, must not collide. */
  const inTurn = createTurns()

  return {
    async put(instance, bytes) {
      const [outcome] = await inTurn(instance.studyInstanceUid, () => writer.putStudy([{ instance, bytes }]))
      if (outcome!.status === 'rejected') throw outcome!.reason
      return outcome!.value
    },

    async putAll(objects) {
      const outcomes = new Map<ReceivedObject, PromiseSettledResult<Kept>>()
      for (const [study, ofStudy] of Map.groupBy(objects, ({ instance }) => instance.studyInstanceUid)) {
        const settled = await inTurn(study, () => writer.putStudy(ofStudy))
        for (const [n, object] of ofStudy.entries()) outcomes.set(object, settled[n]!)
      }
      return objects.map((object) => outcomes.get(object)!)
    },

    studies: () => studiesIn(folder),

    async instances(study) {
      const instances: ReceivedInstance[] = []
      for await (const instance of instancesOf(folder, study)) instances.push(instance)
      return instances
    },

    async whichAreKept(sopInstanceUids) {
      const uids = new Set(sopInstanceUids)
      const kept = new Set<Uid>()
      for (const study of await studyUids(folder))
        for await (const { sopInstanceUid } of instancesOf(folder, study))
          if (uids.has(sopInstanceUid)) kept.add(sopInstanceUid)
      return kept
    },

    async read({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }) {
      const study = join(folder, uidSegment(studyInstanceUid))
      for (const series of await namesIn(study)) {
        if (SERIES.exec(series)?.[1] !== seriesInstanceUid) continue
        const bytes = await readFile(join(study, series, `${uidSegment(sopInstanceUid)}.dcm`)).catch(absent)
        if (bytes !== undefined) return bytes
      }
      return undefined
    },

    remove: (study, unlessAfter) =>
      inTurn(study, async () => {
        await removeAbandoned(join(folder, INCOMING), clock)
        const path = join(folder, uidSegment(study))
        const status = await stat(path).catch(absent)
        if (status === undefined || status.mtime > unlessAfter) return false
        // Out of sight at once: half a study must never pass for the study.
        const removed = join(folder, INCOMING, randomUUID())
        writer.forgetFolders()
        await rename(path, removed)
        await rm(removed, { recursive: true, force: true })
        return true
      }),
  }
}

async function studyUids(folder: string): Promise<Uid[]> {
  return (await namesIn(folder)).filter((name) => STUDY.test(name))
}

/** The last changed first. */
async function studiesIn(folder: string): ReturnType<ReceivedImages['studies']> {
  const studies = await Promise.all(
    (await studyUids(folder)).map(async (studyInstanceUid) => {
      const status = await stat(join(folder, studyInstanceUid)).catch(absent)
      return status && { studyInstanceUid, changedAt: status.mtime }
    }),
  )
  return studies.filter((one) => one !== undefined).sort((a, b) => b.changedAt.getTime() - a.changedAt.getTime())
}

async function* instancesOf(folder: string, study: Uid): AsyncGenerator<ReceivedInstance, void> {
  const root = join(folder, uidSegment(study))
  for (const name of await namesIn(root)) {
    const [, seriesInstanceUid, sopClassUid, modality] = SERIES.exec(name) ?? []
    if (seriesInstanceUid === undefined) continue
    for (const file of await namesIn(join(root, name))) {
      const sopInstanceUid = OBJECT.exec(file)?.[1]
      if (sopInstanceUid === undefined) continue
      yield {
        studyInstanceUid: study,
        seriesInstanceUid,
        sopInstanceUid,
        sopClassUid: sopClassUid!,
        modality: modality!,
      }
    }
  }
}

async function removeAbandoned(incoming: string, clock: Clock): Promise<void> {
  for (const name of await namesIn(incoming)) {
    const status = await stat(join(incoming, name)).catch(absent)
    if (status && status.mtimeMs < clock.now().getTime() - ABANDONED_MS)
      await rm(join(incoming, name), { recursive: true, force: true })
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(absent)) ?? []
}
