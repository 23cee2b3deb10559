// The documentation keeps its word: links lead somewhere, commands and options exist, settings are settings.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../src/cli/program.ts'
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
  it('has a number of its own for each record of a decision, in the file name and in the title', () => {
    const records = readdirSync(join(ROOT, 'docs/adr')).sort()
    const numbers = records.map((name) => name.slice(0, 4))
    expect(numbers).toEqual([...new Set(numbers)])
    for (const name of records.filter((one) => !one.endsWith('template.md')))
      expect(readFileSync(join(ROOT, 'docs/adr', name), 'utf8'), name).toMatch(new RegExp(`^# ${name.slice(0, 4)}\\b`))
  })

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
    const program = createProgram()
    const commandOf = (name: string) => program.commands.find((one) => one.name() === name)
    expect(program.commands.length).toBeGreaterThan(10)
    const checked = new Set<string>()
    const wrong: string[] = []
    for (const { name, text } of files) {
      for (const [said, word] of text.matchAll(
        /gliabridge (?:--config \S+ )?([a-z]+(?:-[a-z]+)*)((?: (?:--?[\w-]+|"[^"]*"|[\w./:<>-]+))*)/g,
      )) {
        const command = commandOf(word!)
        if (!command) continue
        checked.add(word!)
        const sub = command.commands.find((one) => said.includes(`${word} ${one.name()}`))
        const options = (sub ?? command).options.map(({ long }) => long)
        for (const [option] of said.matchAll(/(?<= )--[a-z][\w-]*/g))
          if (option !== '--config' && !options.includes(option)) wrong.push(`${name}: ${word} ${option}`)
      }
    }
    expect(checked.size).toBeGreaterThan(8)
    expect(wrong).toEqual([])
  })

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
        /`((?:pacs|ehr|inference|series|store|http|receive|institution|writeBack|reports|priors|log|access)\.[a-zA-Z0-9.-]+)`/g,
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
