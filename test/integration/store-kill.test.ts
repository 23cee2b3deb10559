// kill -9 at random moments: what was acknowledged is there, nothing is half done, and the next process goes on at once.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AnalysisState, mayBecome } from '../../src/domain/analysis.ts'
import { openStore } from '../../src/store/store.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'

interface Line {
  open?: true
  analysisId?: string
  state?: AnalysisState
  sha256?: string
  leg?: true
}

const ROUNDS = 4
const worker = fileURLToPath(new URL('./store-kill-worker.ts', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-kill-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Lines that the child had written when it was killed, `delay` ms after its first acknowledged write. */
async function killedAfter(round: number, delay: number): Promise<Line[]> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', worker, folder, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Line[] = []
  const exited = once(child, 'exit')
  await new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(JSON.parse(line) as Line)
      if (lines.length === 2) resolve()
    })
  })
  await wait(delay)
  child.kill('SIGKILL')
  await exited
  return lines
}

it(`keeps every acknowledged write over ${ROUNDS} kills`, async () => {
  const acknowledged: Line[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    acknowledged.push(...(await killedAfter(round, 50 + Math.floor(Math.random() * 1500))))
  }
  const log = createKeptLog()
  const store = await openStore({ dataDir: folder, clock: realClock, log })
  const last = new Map<string, Line>()
  for (const line of acknowledged)
    if (line.analysisId) last.set(line.analysisId, { ...last.get(line.analysisId), ...line })
  expect(last.size).toBeGreaterThanOrEqual(ROUNDS)

  const order: AnalysisState[] = ['queued', 'running', 'analysed']
  for (const [analysisId, line] of last) {
    const record = await store.analyses.get(analysisId)
    expect(order.indexOf(record!.state)).toBeGreaterThanOrEqual(order.indexOf(line.state!))
    if (line.sha256) {
      const pdf = await store.analyses.artifact(analysisId, 'pdf')
      expect(createHash('sha256').update(pdf!.bytes).digest('hex')).toBe(line.sha256)
    }
    if (line.leg) expect(record!.legs[0]).toMatchObject({ leg: 'pacs', state: 'done', attempts: 1 })
  }
  for (const record of await store.analyses.list({ limit: 100_000 })) {
    const steps = (await store.analyses.events(record.analysisId)).filter((event) => event.kind === 'state')
    const states = steps.map((event) => event.data!.to as AnalysisState)
    for (const [i, to] of states.entries()) if (i > 0) expect(mayBecome(states[i - 1]!, to)).toBe(true)
    expect(states.at(-1)).toBe(record.state)
    const saved = await store.analyses.artifacts(record.analysisId)
    expect(saved).toHaveLength(record.state === 'analysed' ? 1 : 0)
    expect(record.summary).toEqual(
      record.state === 'analysed' ? { times: { segment: Number(record.analysisId.split('-')[1]) } } : undefined,
    )
  }
  const open = (await store.analyses.list({ limit: 100_000 })).length
  let claimed = 0
  while (await store.analyses.claim('next', 60)) claimed += 1
  expect(claimed).toBe(open)
  await store.close()
}, 300_000)
