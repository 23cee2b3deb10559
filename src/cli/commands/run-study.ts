// gliabridge run-study and replay: run one analysis now, saying what it is waiting for.
import { setTimeout } from 'node:timers/promises'
import { compose, type Service } from '../../compose.ts'
import { type AnalysisRecord, isAtRest } from '../../domain/analysis.ts'
import { readSettings } from '../../settings/read.ts'
import { askService, mustAnswer } from '../service-api.ts'

export async function runStudyCommand(
  config: string | undefined,
  studyInstanceUid: string,
  options: { json?: boolean },
): Promise<void> {
  await withService(config, async (service) => {
    const analysisId = await service.submit(studyInstanceUid)
    print(await service.settled(analysisId), options.json ?? false)
  })
}

/** Done by the running service if there is one, otherwise by this process. Prints what the analysis is waiting for whenever that changes. */
export async function replayCommand(config: string | undefined, analysisId: string): Promise<void> {
  const settings = await readSettings(config, process.env)
  const { http } = settings
  const path = `/api/analyses/${encodeURIComponent(analysisId)}`
  if ((await askService(http, path)) === undefined) {
    await withService(config, async (service) => {
      await service.replay(analysisId)
      print(await watched(() => service.store.analyses.get(analysisId)), false)
    })
    return
  }
  await mustAnswer(http, `${path}/replay`, {})
  await mustAnswer(http, `${path}/retry`, {})
  print(await watched(async () => (await mustAnswer(http, path)) as AnalysisRecord), false)
}

const LOOK_MS = 500

/** Waits until the analysis is at rest. */
async function watched(look: () => Promise<AnalysisRecord | undefined>): Promise<AnalysisRecord> {
  let said = ''
  for (;;) {
    const record = await look()
    if (record && isAtRest(record.state)) return record
    const now = record === undefined ? '' : waitsFor(record)
    if (now !== said) process.stdout.write(`${now}\n`)
    said = now
    await setTimeout(LOOK_MS)
  }
}

/** "analysed; pacs: waiting after 3 attempts, ARCHIVE_UNREACHABLE: the archive cannot be reached …" */
export function waitsFor({ state, legs }: AnalysisRecord): string {
  const open = legs.filter((leg) => leg.state === 'waiting' && leg.lastError !== undefined)
  return [
    state,
    ...open.map(
      ({ leg, attempts, lastError }) =>
        `${leg}: waiting after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, ${lastError!.code}: ${lastError!.message}`,
    ),
  ].join('; ')
}

async function withService(config: string | undefined, work: (service: Service) => Promise<void>): Promise<void> {
  const service = await compose(await readSettings(config, process.env))
  try {
    await service.start({ watch: false, http: false })
    await work(service)
  } finally {
    await service.stop()
  }
}

/** Exit code 0 only if delivered: a hold is not a success. */
function print(record: AnalysisRecord, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(record, null, 2)}\n`)
  else {
    process.stdout.write(`analysis ${record.analysisId}: ${record.state}\n`)
    if (record.hold) process.stdout.write(`  ${record.hold.code}: ${record.hold.message}\n`)
    for (const leg of record.legs)
      process.stdout.write(`  ${leg.leg}: ${leg.state} ${Object.values(leg.receipt ?? {}).join(' ')}\n`)
  }
  if (record.state !== 'delivered') process.exitCode = 1
}
