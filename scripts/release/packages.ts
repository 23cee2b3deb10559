// What a production install consists of, from the lock file, and under which licences.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface InstalledPackage {
  name: string
  version: string
  /** SPDX expression. */
  license: string
  /** Folder below the root. */
  path: string
  hasInstallScript: boolean
}

interface LockEntry {
  /** Where it is installed under another name. */
  name?: string
  version?: string
  license?: string
  dev?: boolean
  hasInstallScript?: boolean
}

/** Licences, from their licence files, of packages whose manifest states none or states it in a form that npm no longer reads. */
const STATED_ELSEWHERE: Readonly<Record<string, string>> = { memorystream: 'MIT', 'png-js': 'MIT' }

/** Licences that a hospital may use in a service without asking; anything else needs a person's decision. */
export const ALLOWED = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Zlib',
  'CC0-1.0',
  'OFL-1.1',
])

export function productionPackages(root: string): InstalledPackage[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>
  }
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { name: real, version = '', license, hasInstallScript = false }]) => {
      const name = real ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      return { name, version, license: license ?? STATED_ELSEWHERE[name] ?? 'not stated', path, hasInstallScript }
    })
    .sort((a, b) => a.path.localeCompare(b.path))
}

/** Whether an SPDX expression is allowed: one of its alternatives, or all of its joint parts. */
export function isAllowed(license: string): boolean {
  const parts = (text: string, by: RegExp) => text.replace(/[()]/g, '').split(by)
  return parts(license, / OR /).some((choice) => parts(choice, / AND /).every((part) => ALLOWED.has(part.trim())))
}

/** The notices that the licences require: each installed package with its licence and notice files. */
export function thirdPartyNotices(root: string): string {
  const texts = productionPackages(root).map(({ name, version, license, path }) => {
    const files = filesOf(join(root, path)).filter((file) => /^(licen[cs]e|notice|copying)([.-].*)?$/i.test(file))
    const bodies = files.map((file) => readFileSync(join(root, path, file), 'utf8').trim())
    return `${name} ${version} (${license})\n\n${bodies.join('\n\n')}`.trim()
  })
  return `Third-party software in a production install, with its licences and notices.\n\n${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

/** Optional packages for other platforms are in the lock file but not installed. */
function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}
