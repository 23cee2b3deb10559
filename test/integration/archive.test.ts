// The archive with Node inside, unpacked where there is neither npm nor Node: the command line runs from any folder, and finds the default bundle.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeArchive } from '../../scripts/release/archive.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const identity = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { name: string; version: string }
const folder = mkdtempSync(join(tmpdir(), 'gliabridge-unpacked-'))
const program = join(folder, `${identity.name}-${identity.version}`)
/** A machine with a shell and little else. */
const PATH = join(folder, 'bin')

beforeAll(() => {
  const file = makeArchive(ROOT, folder, identity, 1)
  expect(file).toBe(`gliabridge-${identity.version}-${process.platform}-${process.arch}.tar.gz`)
  execFileSync('tar', ['-xzf', file], { cwd: folder })
  mkdirSync(PATH)
  for (const tool of ['dirname', 'readlink']) symlinkSync(`/usr/bin/${tool}`, join(PATH, tool))
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (command: string, ...args: string[]) =>
  spawnSync(command, args, { cwd: folder, env: { PATH }, encoding: 'utf8' })

it('runs on a machine without Node, also through a link', () => {
  expect(run('/bin/sh', '-c', 'node --version').status).toBe(127)
  expect(run(join(program, 'bin/gliabridge'), '--version')).toMatchObject({
    status: 0,
    stdout: `${identity.version}\n`,
  })
  symlinkSync(join(program, 'bin/gliabridge'), join(PATH, 'gliabridge'))
  expect(run('/bin/sh', '-c', 'gliabridge --version')).toMatchObject({ status: 0, stdout: `${identity.version}\n` })
})

it('has the default bundle, whose networks run', () => {
  const { status, stdout, stderr } = run(join(program, 'bin/gliabridge'), 'verify-bundle')
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toContain('networks run on cpu')
})

it('has what a site copies, and neither development dependencies nor libraries of other platforms', () => {
  for (const path of ['deploy/systemd/gliabridge.service', 'docs/install.md', 'LICENSE', 'NOTICE'])
    expect(existsSync(join(program, path)), path).toBe(true)
  for (const path of ['node_modules/vitest', 'node_modules/typescript', 'test'])
    expect(existsSync(join(program, path)), path).toBe(false)
  const libraries = join(program, 'node_modules/onnxruntime-node/bin/napi-v6')
  const platforms = readdirSync(libraries).flatMap((name) =>
    readdirSync(join(libraries, name)).map((arch) => [name, arch]),
  )
  expect(platforms).toEqual([[process.platform, process.arch]])
})
