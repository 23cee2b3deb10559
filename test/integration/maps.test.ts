// A bundle that declares maps beside the sequences, through the whole service: the map is chosen, aligned, and decides in its channel.
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { GENERATED_PATIENT, generateStudy } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { compose, type Service } from '../../src/compose.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { readSummary } from '../../src/web/summary.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const tiny = fileURLToPath(new URL('../golden/inference/tiny-bundle', import.meta.url))
const network = fileURLToPath(new URL('../support/maps-bundle/segmentation.onnx', import.meta.url))

let folder: string
let servers: Servers
let service: Service

/** The tiny bundle with the network of maps-bundle/make.py, which looks at ADC alone. */
async function makeMapsBundle(): Promise<string> {
  const bundle = join(folder, 'bundle')
  await cp(tiny, bundle, { recursive: true })
  await cp(network, join(bundle, 'segmentation.onnx'))
  const bytes = await readFile(network)
  const manifest = JSON.parse(await readFile(join(tiny, 'bundle.json'), 'utf8'))
  manifest.files['segmentation.onnx'] = {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
  }
  manifest.sequences.ADC = { channel: 4, required: false }
  manifest.sequences.rCBV = { channel: 5, required: false }
  manifest.inference = { ...manifest.inference, roi_size: [48, 48, 48], overlap: 0, tta_flips: [[]] }
  await writeFile(join(bundle, 'bundle.json'), JSON.stringify(manifest))
  return bundle
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-maps-'))
  servers = await openServers({ environment: {} }, folder, GENERATED_PATIENT)
  const settings = demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 })
  settings.inference.bundle = await makeMapsBundle()
  service = await compose(parseSettings(settings, {}), { log: createKeptLog() })
  await service.start({ watch: false, http: false })
})
afterAll(async () => {
  await service?.stop()
  await servers?.close()
  await rm(folder, { recursive: true, force: true })
})

describe('a bundle that declares ADC and rCBV', () => {
  it('gets the ADC map of the study in its own channel, and says that there is no rCBV', async () => {
    const study = await generateStudy({ seed: 31, size: 'small' })
    await service.archive.store(study.studyInstanceUid, study.instances)
    const record = await service.settled(await service.submit(study.studyInstanceUid))
    expect(record.hold).toBeUndefined()
    const { decisions, inputs, quality, measurements } = readSummary(record)
    const adc = study.series.find(({ sequence }) => sequence === 'ADC')!
    const taken = decisions.find(({ sequence }) => sequence === 'ADC')
    expect(taken).toMatchObject({ seriesInstanceUid: adc.seriesInstanceUid, reasons: ['ADC map (ImageType ADC)'] })
    expect(inputs.map(({ sequence }) => sequence)).toEqual(['T1', 'T1c', 'T2', 'FLAIR', 'ADC'])
    expect(quality.map(({ text }) => text)).toContain('The study has no usable rCBV series; the model ran without it.')
    // Without the map, or with it in another channel, this network finds nothing.
    expect(measurements.find(({ region }) => region === 'WT')!.value).toBeGreaterThan(20)
  })
})
