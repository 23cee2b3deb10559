// compose.yaml, the Helm chart, the systemd unit and the site examples: what they name exists, and what they say is what the service takes.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { environmentVariables } from '../../src/settings/environment.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { readStages } from '../support/dockerfile.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const SHORTHANDS = ['PACS', 'EHR'].flatMap((side) =>
  ['USERNAME', 'PASSWORD', 'TOKEN'].map((part) => `GLIABRIDGE_${side}_${part}`),
)
const KNOWN = new Set([
  ...environmentVariables().map(({ name }) => name),
  ...SHORTHANDS,
  'GLIABRIDGE_HTTP_TOKEN',
  'GLIABRIDGE_CONFIG',
  'DATABASE_URL',
])
const isKnown = (name: string) =>
  KNOWN.has(name) || (name.endsWith('_FILE') && KNOWN.has(name.slice(0, -'_FILE'.length)))
const isOurs = (name: string) => /^(GLIABRIDGE_|DATABASE_URL)/.test(name)

describe('compose.yaml', () => {
  const { services, secrets, volumes } = parse(read('compose.yaml'))

  it('has the four parts, and declares each volume and secret that they use', () => {
    expect(Object.keys(services).sort()).toEqual(['gliabridge', 'hapi', 'orthanc', 'postgres'])
    for (const service of Object.values<Record<string, unknown[]>>(services)) {
      for (const volume of service.volumes ?? []) expect(volumes).toHaveProperty(String(volume).split(':')[0]!)
      for (const secret of service.secrets ?? [])
        expect(secrets).toHaveProperty(typeof secret === 'string' ? secret : (secret as { source: string }).source)
    }
  })

  it('gives the service settings that it knows and takes', () => {
    const env: Record<string, string> = services.gliabridge.environment
    const names = Object.keys(env)
    expect(names.filter((name) => isOurs(name) && !isKnown(name))).toEqual([])
    const given = Object.fromEntries(names.map((name) => [name.replace(/_FILE$/, ''), env[name]!]))
    const settings = parseSettings({}, { ...given, GLIABRIDGE_HTTP_HOST: '0.0.0.0' })
    expect(settings.pacs.auth.type).toBe('basic')
    expect(settings.store.databaseUrl).toBeDefined()
  })

  it('runs the service without rights that it does not need', () => {
    expect(services.gliabridge).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
  })

  it('has a secret file for each secret, made once by make.sh and readable by the containers', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gliabridge-secrets-'))
    try {
      const script = join(folder, 'make.sh')
      execFileSync('cp', [join(ROOT, 'deploy/secrets/make.sh'), script])
      execFileSync('sh', [script])
      const names = Object.values<{ file: string }>(secrets).map(({ file }) => file.replace('deploy/secrets/', ''))
      for (const name of names) expect(statSync(join(folder, name)).size, name).toBeGreaterThan(40)
      const password = readFileSync(join(folder, 'pacs-password'), 'utf8')
      execFileSync('sh', [script])
      expect(readFileSync(join(folder, 'pacs-password'), 'utf8')).toBe(password)
      expect(JSON.parse(readFileSync(join(folder, 'orthanc-users.json'), 'utf8'))).toEqual({
        RegisteredUsers: { gliabridge: password },
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the Helm chart', () => {
  it('has the version of the package', () => {
    const { version, appVersion } = parse(read('deploy/helm/gliabridge/Chart.yaml'))
    expect([version, appVersion]).toEqual(Array(2).fill(JSON.parse(read('package.json')).version))
  })

  it('has a place in its schema for each value, so that no misspelt one is taken', () => {
    const { properties } = JSON.parse(read('deploy/helm/gliabridge/values.schema.json'))
    expect(Object.keys(parse(read('deploy/helm/gliabridge/values.yaml'))).sort()).toEqual(
      Object.keys(properties)
        .filter((name) => name !== 'global')
        .sort(),
    )
  })
})

describe('the systemd unit', () => {
  it('starts what the package has, and sets variables that the service knows', () => {
    const unit = read('deploy/systemd/gliabridge.service')
    const [, program] = /^ExecStart=\/opt\/gliabridge\/(\S+)/m.exec(unit)!
    expect(existsSync(join(ROOT, program!))).toBe(true)
    const names = [...unit.matchAll(/\b(GLIABRIDGE_\w+)=/g)].map(([, name]) => name!)
    expect(names.filter((name) => !isKnown(name))).toEqual([])
    expect(unit).toMatch(/^RestartPreventExitStatus=2$/m)
  })
})

describe('the Dockerfile', () => {
  it('takes its base images as arguments, to be pinned by digest', () => {
    const external = readStages(join(ROOT, 'Dockerfile')).filter(
      ({ base }, _, all) => !all.some(({ name }) => name === base),
    )
    expect(external.map(({ base }) => base.replace(/[${}]/g, ''))).toEqual(['NODE_IMAGE', 'CUDA_IMAGE'])
  })
})
