// Images are read in a process of their own: the same volume, and what a process that hangs, ends or fills its memory costs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { createDecoder, type Decoder, type DecoderOptions } from '../../src/decoding/decoder.ts'
import { planSeries, readVolumeHere } from '../../src/dicom/series-volume.ts'
import { classicSeries, enhancedSeries, type TestSeries } from '../dicom/support.ts'
import { failureOf } from '../support/failure-of.ts'

const JPEG_LS = '1.2.840.10008.1.2.4.80'

/** A process that takes the plan, and does this to the first instance. */
const MISDEEDS = {
  hang: 'for (;;) {}',
  crash: 'process.abort()',
  exit: 'process.exit(3)',
  heap: 'const kept = []; for (;;) kept.push({ at: kept.length, text: [kept.length] })',
  wasm: 'try { new WebAssembly.Memory({ initial: 1, maximum: 65536 }).grow(2048) } catch { process.exit(7) } process.exit(0)',
}
const folder = mkdtempSync(join(tmpdir(), 'gliabridge-decoder-'))
function misbehaving(kind: keyof typeof MISDEEDS): URL {
  const path = join(folder, `${kind}.mjs`)
  writeFileSync(
    path,
    `process.on('message', ({ type }) => { if (type === 'plan') process.send({ type: 'ready' }); else { ${MISDEEDS[kind]} } })\n`,
  )
  return pathToFileURL(path)
}
/** The real process, and the ids of all that were started. */
function counting(name: string): { entry: URL; pids(): number[] } {
  const list = join(folder, `${name}.txt`)
  const path = join(folder, `${name}.mjs`)
  const real = new URL('../../src/decoding/process.ts', import.meta.url).href
  writeFileSync(
    path,
    `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(list)}, process.pid + '\\n')\nawait import(${JSON.stringify(real)})\n`,
  )
  return { entry: pathToFileURL(path), pids: () => readFileSync(list, 'utf8').trim().split('\n').map(Number) }
}
afterAll(() => rmSync(folder, { recursive: true }))

let decoder: Decoder | undefined
const open = (options: DecoderOptions = {}) => {
  decoder = createDecoder(options)
  return decoder
}
afterEach(() => decoder?.close())

async function* each(files: Uint8Array[]) {
  yield* files
}

const read = ({ readVolume }: Pick<Decoder, 'readVolume'>, { series, files }: TestSeries) =>
  readVolume(planSeries(series), each(files))

describe('the process that decodes images', () => {
  it('gives the volume that is read here, of classic and enhanced series, one after the other and at once', async () => {
    const { readVolume } = open()
    const classic = await classicSeries({ transferSyntaxUid: JPEG_LS, slope: 2, intercept: -7 })
    const enhanced = await enhancedSeries({})
    const here = [
      await read({ readVolume: readVolumeHere }, classic),
      await read({ readVolume: readVolumeHere }, enhanced),
    ]
    expect(await read({ readVolume }, classic)).toEqual(here[0])
    expect(await Promise.all([read({ readVolume }, enhanced), read({ readVolume }, classic)])).toEqual([
      here[1],
      here[0],
    ])
  })

  it('passes on what is wrong with an instance, and reads the next series', async () => {
    const good = await classicSeries({ transferSyntaxUid: JPEG_LS })
    const { readVolume } = open()
    const damaged = { ...good, files: good.files.map((file) => file.slice(0, -30)) }
    const error = await failureOf(read({ readVolume }, damaged))
    expect(error.code).toBe('INSTANCE_INVALID')
    expect(error.message).toMatch(/^instance [\d.]+ is not usable: it ends inside PixelData/)
    expect((await read({ readVolume }, good)).volume.data).toHaveLength(38 * 23 * 7)
  })

  it('is ended when it hangs over an instance, which is named', async () => {
    const good = await classicSeries()
    const error = await failureOf(read(open({ timeoutMs: 1500, entry: misbehaving('hang') }), good))
    expect(error.code).toBe('DECODING_FAILED')
    expect(error.message).toMatch(/^the process that decodes images was ended after 1.5 s over instance [\d.]+$/)
  })

  it.each([
    ['crash' as const, /ended \(SIGABRT\) over instance [\d.]+$/],
    ['exit' as const, /ended \(exit code 3\) over instance [\d.]+$/],
  ])('that ends by itself (%s) is an error and no more', async (kind, message) => {
    const error = await failureOf(read(open({ entry: misbehaving(kind) }), await classicSeries()))
    expect(error.code).toBe('DECODING_FAILED')
    expect(error.message).toMatch(message)
  })

  it('has a limit on its heap and one on WebAssembly memory', async () => {
    const good = await classicSeries()
    const memoryBytes = 64 * 2 ** 20
    const heap = await failureOf(read(open({ memoryBytes, entry: misbehaving('heap') }), good))
    expect([heap.code, heap.message]).toEqual(['DECODING_FAILED', expect.stringMatching(/ended \(SIGABRT\) over/)])
    await decoder?.close()
    const wasm = await failureOf(read(open({ memoryBytes, entry: misbehaving('wasm') }), good))
    expect(wasm.message).toMatch(/ended \(exit code 7\) over/)
  })

  it('has the next file fetched while it works on one', async () => {
    const good = await classicSeries()
    let asked = 0
    async function* counted() {
      for (const file of good.files) {
        asked += 1
        yield file
      }
    }
    const { readVolume } = open({ timeoutMs: 1500, entry: misbehaving('hang') })
    const error = await failureOf(readVolume(planSeries(good.series), counted()))
    expect(error.message).toMatch(/was ended after 1.5 s over instance/)
    expect(asked).toBe(2)
  })

  it('is there before it is needed, and stays for the next series', async () => {
    const good = await classicSeries()
    const { entry, pids } = counting('stays')
    const { readVolume, warm } = open({ entry })
    warm()
    warm()
    await read({ readVolume }, good)
    await read({ readVolume }, good)
    warm()
    expect(pids()).toHaveLength(1)
  })

  it('ends when no series comes for a while, and is started again for the next', async () => {
    const good = await classicSeries()
    const { entry, pids } = counting('rests')
    const { readVolume } = open({ entry, idleMs: 50 })
    const first = await read({ readVolume }, good)
    const isGone = () => expect(() => process.kill(pids()[0]!, 0)).toThrow('ESRCH')
    await vi.waitFor(isGone, 5000)
    expect(await read({ readVolume }, good)).toEqual(first)
    expect(pids()).toHaveLength(2)
  })

  it('is asked for nothing once it is closed', async () => {
    const closed = open()
    await closed.close()
    expect((await failureOf(read(closed, await classicSeries()))).code).toBe('DECODING_FAILED')
  })
})
