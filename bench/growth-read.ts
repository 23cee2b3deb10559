// Child process of growth.ts: reads studies from an archive into volumes, all at once, and prints the time, its own peak memory and how much it read.
import { planSeries, readVolumeHere } from '../src/dicom/series-volume.ts'
import { createDicomWebClient } from '../src/dicomweb/client.ts'
import { quietLog } from '../test/support/quiet-log.ts'

export interface Task {
  url: string
  studies: string[]
}
export interface Measured {
  seconds: number
  megabytes: number
  voxels: number
}

if (process.argv[1] === import.meta.filename) {
  const { url, studies } = JSON.parse(process.argv[2]!) as Task
  const archive = createDicomWebClient({ url, auth: { type: 'none' }, timeoutMs: 600_000, log: quietLog })
  const started = performance.now()
  const volumes = await Promise.all(
    studies.map(async (study) => {
      const held: Float32Array[] = []
      for (const series of (await archive.retrieveMetadata(study)).series) {
        const plan = planSeries(series)
        const expected = plan.instances.map(({ sopInstanceUid }) => sopInstanceUid)
        const { volume } = await readVolumeHere(plan, archive.retrieveSeries(study, series.seriesInstanceUid, expected))
        held.push(volume.data)
      }
      return held
    }),
  )
  const measured: Measured = {
    seconds: (performance.now() - started) / 1000,
    // In KiB, on Linux.
    megabytes: process.resourceUsage().maxRSS / 1000,
    voxels: volumes.flat().reduce((sum, { length }) => sum + length, 0),
  }
  process.stdout.write(JSON.stringify(measured))
}
