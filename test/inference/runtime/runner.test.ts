import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { sha256Of } from '../../../src/domain/digest.ts'
import { createSlots } from '../../../src/domain/slots.ts'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import type { LoadedBundle } from '../../../src/inference/bundle/manifest.ts'
import { type Runner, type RunnerOptions, startRunner } from '../../../src/inference/runtime/runner.ts'
import { makeHeadsBundle, readGolden } from '../../support/heads-bundle.ts'
import { axial, paint, rejection, silent, tinyBundle } from '../support.ts'

const open: Runner[] = []
afterEach(async () => {
  for (const runner of open.splice(0)) await runner.close()
})

async function start(options: Partial<RunnerOptions> = {}): Promise<Runner> {
  const bundle = options.bundle ?? (await loadBundle(tinyBundle))
  const runner = await startRunner({
    bundle,
    providers: ['cpu'],
    threads: 1,
    timeoutMs: 60_000,
    log: silent,
    ...options,
  })
  open.push(runner)
  return runner
}

const image = (n: number) => paint(axial([n, n, n], [2, 2, 2]), ([x, y, z]) => Math.sin(x) + y / 50 - z / 80)
const request = (n: number) => ({ channels: [image(n), image(n), null, image(n)] })

describe('the model runner', () => {
  it('runs requests one after the other and treats an absent channel as zeros', async () => {
    const runner = await start()
    const zeros = { grid: image(12).grid, data: new Float32Array(12 ** 3) }
    const [a, b] = await Promise.all([
      runner.segment(request(12)),
      runner.segment({ channels: [image(12), image(12), zeros, image(12)] }),
    ])
    expect(a.probabilities[2]).toEqual(b.probabilities[2])
  })

  it('waits for the device that it shares before each request, and gives it back after', async () => {
    const onDevice = createSlots(1).run
    let [now, most, works] = [0, 0, 0]
    const counted: RunnerOptions['onDevice'] = (work) =>
      onDevice(async () => {
        works += 1
        now += 1
        most = Math.max(most, now)
        return work().finally(() => {
          now -= 1
        })
      })
    const runners = await Promise.all([start({ onDevice: counted }), start({ onDevice: counted })])
    await Promise.all([0, 1, 2, 3].map((n) => runners[n % 2]!.segment(request(12))))
    expect([works, most, now]).toEqual([4, 1, 0])
  })

  it('declines cuda with the reason and runs on the next provider', async () => {
    const runner = await start({ providers: ['cuda', 'cpu'] })
    const { execution } = await runner.segment(request(12))
    expect(execution.provider).toBe('cpu')
    expect(execution.requested).toEqual(['cuda', 'cpu'])
    expect(execution.declined).toHaveLength(1)
    expect(execution.declined[0]!.provider).toBe('cuda')
    expect(execution.declined[0]!.reason).not.toBe('')
    expect(runner.execution).toMatchObject({ provider: 'cpu', declined: execution.declined })
  })

  it('refuses to start when no provider can run, with every reason', async () => {
    const error = await rejection(start({ providers: ['cuda', 'warp'] }))
    expect(error).toMatchObject({ code: 'INFERENCE_UNAVAILABLE' })
    expect(error.message).toContain('cuda: ')
    expect(error.message).toContain('warp: this ONNX Runtime offers cpu')
    expect(await rejection(start({ providers: [] }))).toMatchObject({ code: 'INFERENCE_UNAVAILABLE' })
  })

  it('fails the request in flight when the process is killed, and serves the next one from a new process', async () => {
    const runner = await start()
    const first = runner.pids[0]!
    const killed = await rejection(runner.segment(request(120), () => process.kill(first, 'SIGKILL')))
    expect(killed).toMatchObject({ code: 'INFERENCE_FAILED' })
    expect(killed.message).toContain('SIGKILL')
    expect(runner.pids[0]).toBeUndefined()
    const again = await runner.segment(request(12))
    expect(again.probabilities).toHaveLength(4)
    expect(runner.pids[0]).not.toBe(first)
  })

  it('notices a process that died between requests', async () => {
    const runner = await start()
    const first = runner.pids[0]!
    process.kill(first, 'SIGKILL')
    await expect.poll(() => runner.pids[0]).toBeUndefined()
    expect((await runner.segment(request(12))).probabilities).toHaveLength(4)
    expect(runner.pids[0]).not.toBe(first)
  })

  it('ends a request at its deadline', async () => {
    const runner = await start({ timeoutMs: 1500 })
    const pid = runner.pids[0]!
    const error = await rejection(runner.segment(request(120)))
    expect(error).toMatchObject({ code: 'INFERENCE_FAILED' })
    expect(error.message).toContain('was ended after 1.5 s while segmenting')
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  it('refuses what does not fit the bundle', async () => {
    const runner = await start()
    expect((await rejection(runner.segment({ channels: [image(4)] }))).message).toContain(
      '1 channels, the bundle takes 4',
    )
    expect((await rejection(runner.segment({ channels: [null, null, null, null] }))).message).toContain('no image')
    expect((await rejection(runner.segment({ channels: [image(4), image(5), null, null] }))).message).toContain(
      'one grid',
    )
    expect((await runner.segment(request(12))).probabilities).toHaveLength(4)
  })

  it('refuses a network that is not as the manifest says', async () => {
    const bundle = await loadBundle(tinyBundle)
    const wrong = structuredClone(bundle)
    wrong.graph.networks.segmentation!.output = 'mask'
    expect((await rejection(start({ bundle: wrong }))).message).toContain('no output "mask" (it has logits)')
  })

  it('does not run weights that changed after the check', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bundle-'))
    try {
      await cp(tinyBundle, folder, { recursive: true })
      const bundle = await loadBundle(folder)
      await writeFile(join(folder, 'segmentation.onnx'), 'other')
      expect((await rejection(start({ bundle }))).message).toContain('changed since the bundle was checked')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('holds a study for which no provider has the memory, and takes the next one', async () => {
    const bundle = await loadBundle(tinyBundle)
    const folder = fileURLToPath(new URL('../../golden/inference/out-of-memory', import.meta.url))
    const file = 'hungry-3d.onnx'
    const sha256 = sha256Of(await readFile(join(folder, file)))
    const network = { ...bundle.graph.networks.segmentation!, file }
    const segmentation = { ...network, inferer: { name: 'SimpleInferer' as const, divisible_pad: 4 } }
    const hungry = { ...bundle, graph: { ...bundle.graph, networks: { segmentation } } }
    const runner = await start({ bundle: { ...hungry, files: { [file]: { sha256, bytes: 1 } } }, folder })
    const error = await rejection(runner.segment(request(40)))
    expect(error).toMatchObject({ code: 'INFERENCE_OUT_OF_MEMORY', class: 'hold' })
    expect(error.message).toMatch(/^cpu: .*allocate memory/)
    expect(runner.pids[0]).toBeUndefined()
    expect((await runner.segment(request(16))).probabilities).toHaveLength(4)
  })

  it('tries the network of a bundle that has only one, and names what refuses it', async () => {
    const bundle = await loadBundle(tinyBundle)
    const wrong = structuredClone(bundle)
    const { output } = wrong.graph.stages[0]!
    if (output.activation === 'softmax') output.classes.push('cyst')
    const error = await rejection(start({ bundle: wrong }))
    expect(error).toMatchObject({ code: 'INFERENCE_UNAVAILABLE' })
    expect(error.message).toMatch(/^cpu: .*numbers for an input of/)
  })

  it('runs tabular heads in the same process, also after a crash', async () => {
    const folder = await makeHeadsBundle()
    try {
      const runner = await start({ bundle: await loadBundle(folder) })
      const { features, idh } = readGolden().cases[0]!
      const rows = Float32Array.from([...Object.values(features), ...Object.values(features)] as number[])
      const ask = { head: 'idh', rows, count: 2, members: true } as const
      const { output, members } = await runner.runHead(ask)
      expect(output).toHaveLength(4)
      expect(output[3]).toBeCloseTo(idh.probabilities['IDH-mutant']!, 5)
      expect(members).toHaveLength(16)
      expect(await runner.runHead({ ...ask, members: false })).not.toHaveProperty('members')
      const first = runner.pids[0]!
      process.kill(first, 'SIGKILL')
      await expect.poll(() => runner.pids[0]).toBeUndefined()
      expect((await runner.runHead(ask)).output).toEqual(output)
      expect((await runner.segment(request(12))).probabilities).toHaveLength(4)
      expect((await rejection(runner.runHead({ ...ask, head: 'mgmt' }))).message).toContain('mgmt is not open')
      const short = await rejection(runner.runHead({ ...ask, rows: rows.slice(1) }))
      expect(short).toMatchObject({ code: 'INFERENCE_FAILED' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('does not start with a head that is not as the manifest says', async () => {
    const folder = await makeHeadsBundle()
    try {
      const bundle = await loadBundle(folder)
      const { idh } = bundle.heads
      if (idh.status === 'not_evaluable') throw new Error('the fixture has idh')
      const wrong = (change: Partial<typeof idh>) => ({
        ...bundle,
        heads: { ...bundle.heads, idh: { ...idh, ...change } },
      })
      const cases: [Partial<typeof idh>, string][] = [
        [{ output: 'odds' }, 'no output "odds"'],
        [{ classes: ['IDH-wildtype', 'IDH-mutant', 'IDH-mutant'] }, 'has 2 numbers a row, not 3'],
        [{ file: 'survival.onnx' }, 'no output "probabilities"'],
        [{ reference: [1, 2] }, 'heads.idh: '],
      ]
      for (const [change, part] of cases) {
        const error = await rejection(start({ bundle: wrong(change) as LoadedBundle }))
        expect(error).toMatchObject({ code: 'BUNDLE_INVALID' })
        expect(error.message).toContain(part)
      }
      await writeFile(join(folder, 'idh.onnx'), 'other')
      expect((await rejection(start({ bundle }))).message).toContain('changed since the bundle was checked')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('refuses work after close', async () => {
    const runner = await start()
    const pid = runner.pids[0]!
    await runner.close()
    expect(isAlive(pid)).toBe(false)
    expect(await rejection(runner.segment(request(12)))).toMatchObject({ code: 'INFERENCE_FAILED' })
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
