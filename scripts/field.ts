// Shows for sets of series headers which series is taken for which sequence, and why: `npm run field [FILE or FOLDER] [--write]`.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fieldTable, type HeaderSet, judge, ownSets } from '../test/inference/series/field.ts'

const PAGE = fileURLToPath(new URL('../docs/series-selection.md', import.meta.url))
const MARK = '<!-- npm run field -- --write -->\n'

/** A JSON file of sets, or every header-sets.json of a folder. */
function setsOf(path: string): HeaderSet[] {
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => /header-sets.*\.json$/.test(name))
        .map((name) => join(path, name))
    : [path]
  if (files.length === 0) throw new Error(`no header-sets*.json in ${path}`)
  return files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as HeaderSet[])
}

const paths = process.argv.slice(2).filter((one) => !one.startsWith('--'))
const judged = (paths.length > 0 ? paths.flatMap(setsOf) : ownSets()).map(judge)
const table = fieldTable(judged)
if (process.argv.includes('--write')) {
  const [text] = readFileSync(PAGE, 'utf8').split(MARK)
  writeFileSync(PAGE, `${text}${MARK}\n${table}`)
} else console.log(table)
const bad = judged.filter(({ verdict }) => verdict === 'wrong' || verdict === 'goes on without')
process.exitCode = bad.length > 0 ? 1 : 0
