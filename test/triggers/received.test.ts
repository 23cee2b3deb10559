// What was sent to the service is looked at until it was seen, also when the archive is away and after a restart.
import { expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { createReceivedTrigger } from '../../src/triggers/received.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const at = (seconds: number) => new Date(seconds * 1000)

/** Runs so many rounds; before each, the studies of the spool are what `rounds` gives. */
async function rounds(
  spool: { studyInstanceUid: string; changedAt: Date }[][],
  hint: (uid: string) => Promise<void> = async () => undefined,
) {
  const clock = createManualClock()
  const log = createKeptLog()
  const stop = new AbortController()
  const hinted: string[][] = []
  const waits: number[] = []
  let round = -1
  const trigger = createReceivedTrigger({
    received: {
      async studies() {
        round += 1
        hinted.push([])
        return spool[round]!
      },
    },
    clock: {
      ...clock,
      async sleep(ms) {
        waits.push(ms / 1000)
        if (round === spool.length - 1) stop.abort()
      },
    },
    log,
    intervalSeconds: 10,
  })
  await trigger.run(async (uid) => {
    hinted.at(-1)!.push(uid)
    await hint(uid)
  }, stop.signal)
  return { hinted, waits, log }
}

it('hints at each study once, and again when more of it came', async () => {
  const { hinted } = await rounds([
    [
      { studyInstanceUid: '1.2', changedAt: at(2) },
      { studyInstanceUid: '1.1', changedAt: at(1) },
    ],
    [
      { studyInstanceUid: '1.2', changedAt: at(2) },
      { studyInstanceUid: '1.1', changedAt: at(1) },
    ],
    [{ studyInstanceUid: '1.2', changedAt: at(3) }],
    // Removed, and sent once more at the same moment of a coarse clock.
    [],
    [{ studyInstanceUid: '1.2', changedAt: at(3) }],
  ])
  expect(hinted).toEqual([['1.2', '1.1'], [], ['1.2'], [], ['1.2']])
})

it('tries again, later each time, what could not be looked at', async () => {
  let failing = 2
  const study = [{ studyInstanceUid: '1.2', changedAt: at(2) }]
  const { hinted, waits, log } = await rounds([study, study, study, study], async () => {
    failing -= 1
    if (failing >= 0) throw new AppError('ARCHIVE_UNREACHABLE', 'nothing listens there')
  })
  expect(hinted).toEqual([['1.2'], ['1.2'], ['1.2'], []])
  expect(waits).toEqual([20, 40, 10, 10])
  expect(log.lines.map(({ fields }) => fields.code)).toEqual(['ARCHIVE_UNREACHABLE', 'ARCHIVE_UNREACHABLE'])
})
