// The documentation keeps its word: links lead somewhere, commands and options exist, settings are settings.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../src/domain/errors.ts'
import { environmentVariables } from '../src/settings/environment.ts'
import { settingsJsonSchema } from '../src/settings/schema.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const files = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }))

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
const anchorsOf = (text: string) => [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading!))

describe('the documentation', () => {
  it('has links that lead to a file, and to a heading that it has', () => {
    const dead: string[] = []
    let seen = 0
    for (const { name, text } of files) {
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target!)) continue
        seen += 1
        const [path = '', anchor] = target!.split('#')
        const file = path === '' ? join(ROOT, name) : join(ROOT, dirname(name), path)
        if (!existsSync(file)) dead.push(`${name} → ${target}`)
        else if (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor))
          dead.push(`${name} → ${target} (no such heading)`)
      }
    }
    expect(seen).toBeGreaterThan(40)
    expect(dead).toEqual([])
  })

  it('names commands and options that the command line has', () => {
    const help = (...args: string[]) =>
      spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts'), ...args, '--help'],
        {
          encoding: 'utf8',
        },
      ).stdout
    const helps = new Map<string, string>()
    const wrong: string[] = []
    const commands = new Set([...help().matchAll(/^ {2}([a-z-]+)/gm)].map(([, command]) => command!))
    expect(commands.size).toBeGreaterThan(10)
    for (const { name, text } of files) {
      for (const [said, command] of text.matchAll(
        /gliabridge (?:--config \S+ )?([a-z]+(?:-[a-z]+)*)((?: (?:--?[\w-]+|"[^"]*"|[\w./:<>-]+))*)/g,
      )) {
        if (!commands.has(command!)) continue
        const main = helps.get(command!) ?? help(command!)
        helps.set(command!, main)
        const sub = command === 'audit' ? (/audit (verify|export)/.exec(said)?.[1] ?? '') : ''
        const known = sub === '' ? main : (helps.get(sub) ?? help('audit', sub))
        if (sub !== '') helps.set(sub, known)
        for (const [option] of said.matchAll(/(?<= )--[a-z][\w-]*/g))
          if (option !== '--config' && !known.includes(option)) wrong.push(`${name}: ${command} ${option}`)
      }
    }
    expect([...helps.keys()].length).toBeGreaterThan(8)
    expect(wrong).toEqual([])
  }, 120_000)

  it('names tests that there are, for each defence of the threat model', () => {
    const text = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8')
    const named = [...text.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path!)
    expect(named.length).toBeGreaterThan(15)
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('names npm scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const named = files.flatMap(({ name, text }) =>
      [...text.matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, script]) => ({ name, script: script! })),
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter(({ script }) => scripts[script] === undefined)).toEqual([])
  })

  it('names settings, variables and error codes that there are', () => {
    const known = new Set<string>()
    const visit = (node: { properties?: Record<string, never>; oneOf?: never[] }, path: string) => {
      known.add(path)
      for (const one of node.oneOf ?? []) visit(one, path)
      for (const [key, child] of Object.entries(node.properties ?? {}))
        visit(child, path === '' ? key : `${path}.${key}`)
    }
    visit(settingsJsonSchema() as never, '')
    const variables = new Set(environmentVariables().map(({ name }) => name))
    const wrong: string[] = []
    for (const { name, text } of files.filter(({ name }) => !name.startsWith('docs/adr') && name !== 'CHANGELOG.md')) {
      for (const [, path] of text.matchAll(
        /`((?:pacs|ehr|inference|series|store|http|receive|institution|writeBack|reports|priors|log)\.[a-zA-Z0-9.-]+)`/g,
      ))
        if (!known.has(path!) && !/\.(ts|md|json)$/.test(path!)) wrong.push(`${name}: ${path}`)
      for (const [, variable] of text.matchAll(/\b(GLIABRIDGE_(?:PACS|EHR|STORE|HTTP|INFERENCE)_\w+)/g)) {
        const base = variable!.replace(/_FILE$/, '')
        if (!variables.has(base) && !/_(USERNAME|PASSWORD|TOKEN|CLIENT_SECRET)$/.test(base))
          wrong.push(`${name}: ${variable}`)
      }
      for (const [, code] of text.matchAll(
        /`((?:ARCHIVE|EHR|PATIENT|SERIES|DATABASE|STORE|SETTINGS|BUNDLE)_[A-Z_]+)`/g,
      ))
        if (code !== 'DATABASE_URL' && !(code! in ERRORS)) wrong.push(`${name}: ${code}`)
    }
    expect(wrong).toEqual([])
  })

  it('explains in the runbook every error that holds an analysis', () => {
    const runbook = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8')
    const holds = Object.entries(ERRORS).flatMap(([code, [kind]]) => (kind === 'hold' ? [code] : []))
    expect(holds.filter((code) => !runbook.includes(`\`${code}\``))).toEqual([])
  })
})
