// npm run release as a whole: against a registry of the test that knows one advisory, and against one that gives none away, as some do.
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, string>
const ADVISORY = {
  id: 1,
  url: 'https://github.com/advisories/GHSA-2345-6789-cfgh',
  title: 'A hole in undici',
  severity: 'moderate',
  vulnerable_versions: '<99.0.0',
  cwe: [],
  cvss: { score: 0, vectorString: null },
}
const folder = mkdtempSync(join(tmpdir(), 'gliabridge-release-'))
/** Advisories alone come from the registry of the test; packages from this machine's own. */
const packages = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
let server: Server
let registry: string
let knowsAdvisories = true

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url?.startsWith('/-/npm/v1/security')) {
      const isAnswered = knowsAdvisories && request.url === '/-/npm/v1/security/advisories/bulk'
      response.writeHead(isAnswered ? 200 : 405, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isAnswered ? { undici: [ADVISORY] } : {}))
    } else response.writeHead(307, { location: new URL(request.url ?? '', packages).href }).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

function release(out: string): Promise<{ code: number; said: string }> {
  const env = { ...process.env, npm_config_registry: registry }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['bin/run.mjs', 'scripts/release.ts', '--out', out, '--effort', '1'],
      { cwd: ROOT, env },
      (error, ...text) => resolve({ code: error ? Number(error.code) : 0, said: text.join('') }),
    )
  })
}

it('makes nothing where the registry gives no advisories, and says why', async () => {
  knowsAdvisories = false
  const out = join(folder, 'none')
  const { code, said } = await release(out)
  expect([code, existsSync(out)]).toEqual([1, false])
  expect(said).toMatch(/the registry gave no advisories \(405 .*make it where "npm audit" works/)
}, 120_000)

it('has package, archive, bill of materials, VEX with what is known, notices, and the checksums of all', async () => {
  knowsAdvisories = true
  const out = join(folder, 'whole')
  const { code, said } = await release(out)
  expect(code, said).toBe(0)
  const files = [
    'SHA256SUMS',
    'THIRD-PARTY-NOTICES.txt',
    `${name}-${version}-${process.platform}-${process.arch}.tar.gz`,
    `${name}-${version}.cdx.json`,
    `${name}-${version}.tgz`,
    `${name}-${version}.vex.json`,
  ]
  expect(readdirSync(out).sort()).toEqual(files)
  const read = (file: string) => readFileSync(join(out, file))
  const digest = (file: string) => createHash('sha256').update(read(file)).digest('hex')
  expect(read('SHA256SUMS').toString().trim().split('\n')).toEqual(
    files.slice(1).map((file) => `${digest(file)}  ${file}`),
  )
  const bom = JSON.parse(read(`${name}-${version}.cdx.json`).toString())
  const vex = JSON.parse(read(`${name}-${version}.vex.json`).toString())
  const undici = bom.components.find((one: { name: string }) => one.name === 'undici')
  expect(vex.vulnerabilities).toMatchObject([{ id: 'GHSA-2345-6789-cfgh', analysis: { state: 'in_triage' } }])
  expect(vex.vulnerabilities[0].affects).toHaveLength(1)
  expect(vex.vulnerabilities[0].affects[0].ref).toMatch(new RegExp(`#${undici['bom-ref']}$`))
  expect(read('THIRD-PARTY-NOTICES.txt').toString()).toContain(`\nundici ${undici.version} (MIT)`)
}, 900_000)
