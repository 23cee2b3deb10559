// No process is half alive: a taken port ends the service, and a launcher that is killed takes the service with it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const systems = { identifierSystem: 'https://h.example/mrn', analysisSystem: 'https://h.example/analysis' }
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-launcher-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function until(what: string, look: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  for (const end = performance.now() + limitMs; performance.now() < end; await wait(50)) if (await look()) return
  throw new Error(`never seen: ${what}`)
}

/** A script that the launcher runs on a Node of its own kind: it says its pid, and how it was told to end. */
async function launch(body: string) {
  const script = join(folder, `script-${Math.round(performance.now())}.mjs`)
  await writeFile(script, body)
  // A copy of the running Node under another path is another Node to the launcher, as npm's platform package is.
  const launcher = join(folder, `launcher-${Math.round(performance.now())}.mjs`)
  await writeFile(
    launcher,
    `import { run } from ${JSON.stringify(pathToFileURL(join(ROOT, 'bin/run.mjs')).href)}\nawait run(${JSON.stringify(script)}, [])\n`,
  )
  const child = spawn('node', [launcher], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env } })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await until('the pid', () => /pid \d+/.test(said))
  return { child: child as ChildProcess, pid: Number(/pid (\d+)/.exec(said)![1]), said: () => said, ended }
}
const STAYS = `process.on('SIGTERM', () => { console.log('told to end'); process.exit(7) })
setInterval(() => {}, 1000)
console.log('pid ' + process.pid)`

it('forwards SIGTERM, and gives the exit code back', async () => {
  const { child, pid, said, ended } = await launch(STAYS)
  child.kill('SIGTERM')
  expect(await ended).toBe(7)
  await until('the output', () => said().includes('told to end'))
  expect(isAlive(pid)).toBe(false)
})

it('leaves no service behind when it is killed', async () => {
  const { child, pid, ended } = await launch(STAYS)
  child.kill('SIGKILL')
  await ended
  await until('the end of the service', () => !isAlive(pid))
})

it('says by its exit code which signal ended the service', async () => {
  const { pid, child, ended } = await launch(`setInterval(() => {}, 1000)\nconsole.log('pid ' + process.pid)`)
  process.kill(pid, 'SIGKILL')
  const code = await ended
  expect(pid === child.pid ? 'killed' : code).toBe(pid === child.pid ? 'killed' : 137)
})

it('ends with an exit code, and before it watches anything, when its port is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  const asked: string[] = []
  const archive = createServer((socket) => {
    asked.push('asked')
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => archive.once('listening', resolve))
  const url = `http://127.0.0.1:${(archive.address() as { port: number }).port}`
  const file = join(folder, 'taken.json')
  await writeFile(
    file,
    JSON.stringify({
      pacs: { url },
      ehr: { url, ...systems },
      store: { dataDir: join(folder, 'state') },
      http: { port },
    }),
  )
  const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts'), '--config', file, 'serve']
  const run = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 })
  taken.close()
  archive.close()
  expect(run.status).toBe(2)
  expect(run.stderr).toContain(`http.port ${port} is used by another program`)
  expect(asked).toEqual([])
})

it('on the Node that runs it, says nothing of types that are stripped, and hides no other warning', async () => {
  const script = join(folder, 'stripping.ts')
  const scripts = pathToFileURL(join(ROOT, 'src/http/page-scripts.ts')).href
  await writeFile(
    script,
    `import { readPageScripts } from ${JSON.stringify(scripts)}
const { names }: { names: string[] } = await readPageScripts()
process.emitWarning('something else', 'ExperimentalWarning')
console.log(names.length)
`,
  )
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin/run.mjs'), script], { encoding: 'utf8' })
  expect(Number(stdout)).toBeGreaterThan(5)
  expect(stderr).toContain('something else')
  expect(stderr).not.toMatch(/stripTypeScriptTypes|Type Stripping/)
})
