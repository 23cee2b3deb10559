// What a site copies, judged by the programs that it is for: the systemd unit by systemd, alerts and scrape by Prometheus, and nginx before the pages by nginx.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Agent, fetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenPort, openPort } from '../../src/http/serve.ts'
import { type Certificates, createCertificates, SERVER_NAME } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { held } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'
import { sampleMetrics } from '../support/sample-metrics.ts'
import { eventually } from '../support/service-process.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gliabridge-examples-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the systemd unit', () => {
  const UNITS = '/usr/lib/systemd/system'
  /** A machine on which the guide was followed, with the given unit. */
  function verify(unit: string) {
    const machine = mkdtempSync(join(folder, 'machine-'))
    for (const place of ['opt/gliabridge/bin', 'etc/systemd/system', UNITS])
      mkdirSync(join(machine, place), { recursive: true })
    for (const target of readdirSync(UNITS).filter((name) => /\.(target|slice)$/.test(name)))
      cpSync(join(UNITS, target), join(machine, UNITS, target))
    cpSync(join(ROOT, 'bin/gliabridge'), join(machine, 'opt/gliabridge/bin/gliabridge'))
    writeFileSync(join(machine, 'etc/systemd/system/gliabridge.service'), unit)
    const args = ['verify', '--man=no', `--root=${machine}`, 'gliabridge.service']
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    return { status, said: stdout + stderr }
  }
  const unit = readFileSync(join(ROOT, 'deploy/systemd/gliabridge.service'), 'utf8')

  it('is one that systemd takes without a remark', () => {
    expect(verify(unit)).toEqual({ status: 0, said: '' })
    expect(verify(unit.replace('Restart=', 'Restrt=')).said).toContain("Unknown key 'Restrt'")
    expect(verify(unit.replace('bin/gliabridge ', 'bin/gliabridg ')).said).toContain('is not executable')
  })

  it('is rated by systemd as well protected (0 to 10, lower is better)', () => {
    const args = ['security', '--offline=true', '--no-pager', join(ROOT, 'deploy/systemd/gliabridge.service')]
    const said = execFileSync('systemd-analyze', args, { encoding: 'utf8' })
    const [, exposure] = /Overall exposure level for gliabridge.service: ([\d.]+)/.exec(said)!
    expect(Number(exposure)).toBeLessThan(4.5)
  })
})

describe('the examples for Prometheus', () => {
  const promtool = (...args: string[]) => spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' })

  it('are alert rules and a scrape that Prometheus takes', () => {
    for (const name of ['alerts.yaml', 'prometheus.yaml'])
      cpSync(join(ROOT, 'deploy/prometheus', name), join(folder, name))
    // The token is a file of the site's.
    const config = readFileSync(join(folder, 'prometheus.yaml'), 'utf8')
    writeFileSync(join(folder, 'token'), 'secret')
    writeFileSync(join(folder, 'prometheus.yaml'), config.replace(/credentials_file: .*/, 'credentials_file: token'))
    const { status, stdout, stderr } = promtool('check', 'config', 'prometheus.yaml')
    expect(`${status} ${stderr}`).toBe('0 ')
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/)
    writeFileSync(join(folder, 'alerts.yaml'), 'groups: [{name: x, rules: [{alert: A, expr: "up =="}]}]')
    expect(promtool('check', 'rules', 'alerts.yaml').status).not.toBe(0)
  })

  it('are fed figures that Prometheus has nothing to remark on', () => {
    const options = { input: sampleMetrics(), encoding: 'utf8' } as const
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], options)
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
  })
})

describe('nginx before the pages, as the install guide has it', () => {
  let certificates: Certificates
  let pages: OpenPort
  let nginx: ChildProcess
  let url: string
  let browser: Agent
  beforeAll(async () => {
    certificates = await createCertificates()
    const sample = sampleApp()
    pages = await openPort({ host: '127.0.0.1', port: 0 }, sample.app)
    const port = await freePort()
    url = `https://127.0.0.1:${port}`
    browser = new Agent({ connect: { ca: certificates.text('ca.pem'), servername: SERVER_NAME } })
    const guide = readFileSync(join(ROOT, 'docs/install.md'), 'utf8')
    const [, server] = /```nginx\n(server \{[\s\S]*?\n\}\n)```/.exec(guide)!
    const users = join(folder, 'users')
    writeFileSync(users, `dora:${execFileSync('openssl', ['passwd', '-apr1', 'secret'], { encoding: 'utf8' })}`)
    const changed = replaced(server!, [
      ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
      ['/etc/ssl/gliabridge.pem', certificates.file('server.pem')],
      ['/etc/ssl/gliabridge.key', certificates.file('server.key')],
      ['/etc/nginx/gliabridge.users', users],
      ['http://127.0.0.1:8080', pages.url],
    ])
    const logs = ['error_log stderr warn;', `pid ${folder}/nginx.pid;`, 'daemon off;', 'events {}']
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((it) => `${it}_temp_path ${folder}/${it};`)
    // Workers of root's nginx are another user, who may not read this folder.
    const user = process.getuid?.() === 0 ? 'user root;' : ''
    const file = join(folder, 'nginx.conf')
    writeFileSync(file, [user, ...logs, 'http {', 'access_log off;', ...places, changed, '}'].join('\n'))
    nginx = spawn('nginx', ['-c', file], { stdio: ['ignore', 'inherit', 'inherit'] })
    await eventually('nginx', async () => (await ask('/').catch(() => undefined)) && true, 20_000)
  })
  afterAll(async () => {
    nginx?.kill('SIGTERM')
    await browser?.close()
    await pages?.close()
    await certificates?.close()
  })
  const ask = (path: string, init: { method?: string; headers?: Record<string, string> } = {}) =>
    fetch(url + path, { ...init, dispatcher: browser, redirect: 'manual', signal: AbortSignal.timeout(10_000) })
  const signedIn = { authorization: `Basic ${Buffer.from('dora:secret').toString('base64')}` }

  it('lets nobody in without a password, and shows the worklist to who has one', async () => {
    expect((await ask('/')).status).toBe(401)
    const page = await ask('/', { headers: signedIn })
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Worklist')])
  })

  it('lets a browser change something from our own pages, and not from those of others', async () => {
    const release = (headers: Record<string, string>) =>
      ask(`/analyses/${held.analysisId}/resolve`, { method: 'POST', headers: { ...signedIn, ...headers } })
    const origin = 'https://gliabridge.hospital.example'
    expect((await release({ origin, 'sec-fetch-site': 'same-origin' })).status).toBe(303)
    expect((await release({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  })

  it('passes live updates on at once', async () => {
    const answer = await ask('/events', { headers: signedIn })
    const { value } = await answer.body!.getReader().read()
    expect(new TextDecoder().decode(value as Uint8Array)).toContain('retry:')
  })
})

/** Each text exactly once, so that the example is what was tried. */
function replaced(text: string, pairs: [string, string][]): string {
  for (const [from, to] of pairs) {
    expect(text.split(from), from).toHaveLength(2)
    text = text.replace(from, to)
  }
  return text
}
