// Slots of a device between processes: never more works at once than slots, all slots used, none lost with its holder.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDeviceSlots } from '../../src/store/device-slots.ts'
import { failureOf } from '../support/failure-of.ts'
import { realClock } from '../support/real-clock.ts'

const WORKER = fileURLToPath(new URL('device-slots-worker.ts', import.meta.url))

let folder: string
const children: ChildProcess[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-slots-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

function start(slots: number, works: number, workMs: number) {
  const values = [folder, String(slots), String(works), String(workMs)]
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WORKER, ...values], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let said = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    said += chunk
  })
  return { child, closed: once(child, 'close'), lines: () => said.trim().split('\n') }
}

/** The most works that were under way at one moment. */
function mostAtOnce(lines: readonly string[]): number {
  const moments = lines
    .map((line) => line.split(' ') as [string, string])
    .sort(([, a], [, b]) => (BigInt(a) < BigInt(b) ? -1 : 1))
  let [now, most] = [0, 0]
  for (const [what] of moments) {
    now += what === 'began' ? 1 : -1
    most = Math.max(most, now)
  }
  return most
}

it.each([1, 2])('lets %i work at once, whichever of four processes they are in', async (slots) => {
  const all = Array.from({ length: 4 }, () => start(slots, 3, 250))
  await Promise.all(all.map(({ closed }) => closed))
  const lines = all.flatMap((one) => one.lines())
  expect(lines).toHaveLength(4 * 3 * 2)
  expect(mostAtOnce(lines)).toBe(slots)
})

it('frees the slot of a process that is killed, and of a work that fails', async () => {
  const victim = start(1, 1, 60_000)
  await once(victim.child.stdout!, 'data')
  const onDevice = openDeviceSlots({ folder, slots: 1 }, realClock)
  let isBegun = false
  const waits = onDevice(async () => {
    isBegun = true
    throw new RangeError('a work that fails')
  })
  // An unhandled rejection until it is awaited below.
  waits.catch(() => {})
  await realClock.sleep(400)
  expect(isBegun).toBe(false)
  victim.child.kill('SIGKILL')
  await expect(waits).rejects.toThrow('a work that fails')
  expect(await onDevice(async () => 'free again')).toBe('free again')
})

it('has slots of its own for each GPU of one folder', async () => {
  const onGpu = (gpu: number) => openDeviceSlots({ folder, slots: 1, gpu }, realClock)
  await onGpu(0)(async () => {
    expect(await onGpu(1)(async () => 'beside it')).toBe('beside it')
    let isBegun = false
    const waits = onGpu(0)(async () => {
      isBegun = true
    })
    await realClock.sleep(300)
    expect(isBegun).toBe(false)
    // Awaited once the slot is free.
    return { waits }
  }).then(({ waits }) => waits)
})

it('says which folder cannot be used', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  const onDevice = openDeviceSlots({ folder: file, slots: 1 }, realClock)
  const { code, message } = await failureOf(onDevice(async () => 'never'))
  expect([code, message.includes(join(file, 'slot-0'))]).toEqual(['INTERNAL', true])
})
