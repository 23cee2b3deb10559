// gliabridge run-study and replay: one analysis, now, in this process.
import { compose, type Service } from '../../compose.ts'
import type { AnalysisRecord } from '../../domain/analysis.ts'
import { readSettings } from '../../settings/read.ts'

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

export async function replayCommand(config: string | undefined, analysisId: string): Promise<void> {
  await withService(config, async (service) => {
    await service.replay(analysisId)
    print(await service.settled(analysisId), false)
  })
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

/** Exit code 0 only for delivered: a hold is no success. */
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
