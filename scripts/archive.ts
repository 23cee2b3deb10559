// npm run archive [-- --out FOLDER]: the archive with Node inside, in out/archive by default.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeArchive } from './release/archive.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const { out = join(ROOT, 'out/archive') } = parseArgs({ options: { out: { type: 'string' } } }).values
mkdirSync(out, { recursive: true })
const identity = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { name: string; version: string }
process.stdout.write(`${join(out, makeArchive(ROOT, out, identity))}\n`)
