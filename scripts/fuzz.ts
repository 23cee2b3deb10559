// Feeds damaged inputs to every parser: `npm run fuzz -- --seed N --inputs N [--workers N] [--seconds N]`. Ends with 1 when one is not refused by name; such inputs go to test/fuzz/corpus.
import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inputOf } from '../test/fuzz/inputs.ts'
import { createTargets } from '../test/fuzz/targets.ts'
import type { Said, Work } from '../test/fuzz/worker.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    inputs: { type: 'string' },
    workers: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const whole = (name: string, text: string | undefined, otherwise: number) => {
  const value = Number(text ?? otherwise)
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number`)
  return value
}
const seed = whole('seed', values.seed, 1)
const inputs = whole('inputs', values.inputs, 20_000)
const workers = Math.max(1, whole('workers', values.workers, 2))

/** A parser may take this long for one input: by default enough for a machine that is also doing other things. */
const MAX_SECONDS = whole('seconds', values.seconds, 10)
const MEMORY_MIB = 1024
const CORPUS = fileURLToPath(new URL('../test/fuzz/corpus/', import.meta.url))

interface Fault {
  input: number
  target: string
  what: string
  /** The input ended the process. */
  ended?: boolean
}

/** Works through a range; a worker that hangs or dies is replaced by one that continues after the input that caused it. */
async function range(from: number, to: number, counts: Map<string, number>): Promise<Fault[]> {
  const faults: Fault[] = []
  for (let next = from; next < to; ) {
    const stopped = await runWorker({ seed, from: next, to }, counts, faults)
    if (stopped === undefined) break
    faults.push(stopped)
    next = stopped.input + 1
  }
  return faults
}

function runWorker(work: Work, counts: Map<string, number>, faults: Fault[]): Promise<Fault | undefined> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('../test/fuzz/worker.ts', import.meta.url), {
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        `--max-old-space-size=${MEMORY_MIB}`,
        `--wasm-max-mem-pages=${16 * MEMORY_MIB}`,
      ],
      serialization: 'advanced',
    })
    let at: { input: number; target: string } | undefined
    let why: string | undefined
    let done = false
    let timer: NodeJS.Timeout | undefined
    const watch = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        why = `took longer than ${MAX_SECONDS} s`
        child.kill('SIGKILL')
      }, MAX_SECONDS * 1000)
    }
    child.on('message', (said: Said) => {
      if (said.type === 'begin') {
        at = said
        counts.set(said.target, (counts.get(said.target) ?? 0) + 1)
        watch()
      } else if (said.type === 'fault') faults.push(said)
      else if (said.type === 'done') done = true
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      if (done) resolve(undefined)
      else if (at) resolve({ ...at, ended: true, what: why ?? `ended the process (${signal ?? `exit code ${code}`})` })
      else reject(new Error(`the fuzzing process did not start (${signal ?? code})`))
    })
    child.send(work)
  })
}

const started = performance.now()
const counts = new Map<string, number>()
const size = Math.ceil(inputs / workers)
const ranges = Array.from({ length: workers }, (_, n) => [n * size, Math.min(inputs, (n + 1) * size)] as const)
const targets = await createTargets()
const compressed = new Set(targets.flatMap((target) => (target.compressed ? [target.name] : [])))
const endings = (await Promise.all(ranges.map(([from, to]) => range(from, to, counts)))).flat()
// The service decodes in a separate process: if an input hangs or crashes it there, the process is ended and the study is held by name.
const faults = endings.filter(({ target, ended }) => !(ended && compressed.has(target)))
for (const [target, count] of [...counts].sort()) console.log(`${target.padEnd(16)} ${count}`)
const seconds = Math.round((performance.now() - started) / 1000)
const contained = endings.length - faults.length
console.log(
  `seed ${seed}: ${inputs} inputs in ${seconds} s, ${faults.length} not refused by name, ${contained} ended a decoder`,
)
if (endings.length > 0) mkdirSync(CORPUS, { recursive: true })
for (const { input, target, what } of endings) {
  const name = `${target}.${seed}-${input}`
  writeFileSync(`${CORPUS}${name}`, inputOf(seed, input, targets).bytes)
  console.log(`${name}: ${what}`)
}
if (faults.length > 0) process.exitCode = 1
