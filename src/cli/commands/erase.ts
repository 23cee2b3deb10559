// gliabridge erase: permanently removes what is kept here about a patient or a study, and says what stays in PACS and EHR.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { systemClock } from '../../clock.ts'
import { receivedFolder } from '../../compose-archive.ts'
import { AppError } from '../../domain/errors.ts'
import type { KeptAnalysis } from '../../domain/ports/erasure-store.ts'
import type { ReceivedImages } from '../../domain/ports/received-images.ts'
import { eraseAnalyses } from '../../pipeline/erase.ts'
import { openReceivedImages } from '../../receiving/spool.ts'
import { readSettings } from '../../settings/read.ts'
import { withErasure } from '../../store/open-database.ts'
import { createLog } from '../../telemetry/log.ts'
import { createImageSpool } from '../../viewer/spool.ts'
import { eraseFromLibrary } from '../erase-library.ts'

export interface EraseOptions {
  patient?: string
  issuer?: string
  study?: string
  libraryRow?: string
  by?: string
  dryRun?: boolean
}

export async function eraseCommand(config: string | undefined, options: EraseOptions): Promise<void> {
  const { issuer, study, libraryRow, dryRun } = options
  if ([options.patient, study, libraryRow].filter((one) => one !== undefined).length !== 1)
    throw wrong('name one thing to erase: --patient, --study or --library-row')
  const { store, viewer, inference, receive } = await readSettings(config, process.env)
  if (libraryRow !== undefined) {
    const { rows, modelDigest } = await eraseFromLibrary(inference.bundle, libraryRow, dryRun ?? false)
    process.stdout.write(
      `${dryRun ? 'would leave' : 'left'} ${rows} past patients in the library of ${inference.bundle}; the bundle is another model then (${modelDigest})\n`,
    )
    return
  }
  // A process's command line is visible to every user of the machine.
  const patient = options.patient === '-' ? (await text(process.stdin)).trim() : options.patient
  const spool = createImageSpool(viewer.folder ?? join(store.dataDir, 'images'), systemClock)
  const received = await receivedImages(receivedFolder({ receive, store }))
  const place = { ...store, clock: systemClock, log: createLog('warn') }
  await withErasure(place, async ({ audit, records }) => {
    const kept = await (study === undefined ? records.ofPatient(patient!, issuer) : records.ofStudy(study))
    if (study === undefined) expectOneIssuer(kept)
    process.stdout.write(listed(kept))
    if (dryRun || kept.length === 0) return
    const by = options.by ?? process.env.USER ?? process.env.LOGNAME ?? 'command line'
    const at = systemClock.now().toISOString().slice(0, 10)
    await eraseAnalyses({ audit, records, spool, received }, kept, {
      user: { identifier: by, name: by },
      what: study === undefined ? 'erasure of a patient' : 'erasure of a study',
      reason: `erased here on ${at}`,
    })
    await records.reclaim('rewrite')
    process.stdout.write(
      `erased ${counted(kept.length)}; the audit trail has a row for each. Back-ups made before still hold them.\n`,
    )
  })
}

/** Undefined if the service never received any. */
async function receivedImages(folder: string): Promise<ReceivedImages | undefined> {
  if (!existsSync(folder)) return undefined
  return openReceivedImages({ folder, clock: systemClock, expectRoom: async () => {} })
}

/** The same identifier from two issuers means two different people. */
function expectOneIssuer(kept: readonly KeptAnalysis[]): void {
  const issuers = [...new Set(kept.map(({ issuerOfPatientId }) => issuerOfPatientId))]
  if (issuers.length <= 1) return
  const names = issuers.map((name) => `"${name}"`).join(', ')
  throw wrong(`this Patient ID is of ${issuers.length} issuers (${names}): name the one meant with --issuer`)
}

function listed(kept: readonly KeptAnalysis[]): string {
  const lines = kept.flatMap(({ analysisId, studyInstanceUid, state, legs }) => [
    `${analysisId}  ${state}  study ${studyInstanceUid}`,
    ...legs.flatMap(({ leg, receipt = {} }) =>
      Object.entries(receipt).map(
        ([what, where]) => `  stays in the ${leg === 'pacs' ? 'PACS' : 'EHR'}: ${what} ${where}`,
      ),
    ),
  ])
  return `${[...lines, `${counted(kept.length)} kept here`].join('\n')}\n`
}

const counted = (count: number) => `${count} ${count === 1 ? 'analysis' : 'analyses'}`

function wrong(message: string): AppError {
  return new AppError('SETTINGS_INVALID', message)
}
