// Shows for sets of series headers which series is taken for which sequence, and why: `npm run field [FILE or FOLDER] [--write]`.
// --generated: generated studies whose headers were taken away or exchanged. --pixels: real cases without any header, from the folder
// GLIABRIDGE_DATA (and --heads=FOLDER, as gliatrain.chain_cases writes clinical heads); --fit renews the model that reads them.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRegistrar } from '../src/inference/volumes/register.ts'
import { fieldTable, type HeaderSet, judge, ownSets } from '../test/inference/series/field.ts'
import { generatedOutcomes, generatedTable, registerOnce } from '../test/pipeline/stripped.ts'
import { pixelTable, realCases, writeModel } from './field-pixels.ts'

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

const option = (name: string) => process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3)

/** Prints the table, and with --write puts it in its place in the documentation. */
function show(table: string, mark: string): void {
  console.log(table)
  if (!process.argv.includes('--write')) return
  const text = readFileSync(PAGE, 'utf8')
  const [before, after] = [text.indexOf(mark) + mark.length, text.indexOf('<!-- end -->', text.indexOf(mark))]
  writeFileSync(PAGE, `${text.slice(0, before)}\n${table}\n${text.slice(after)}`)
}

if (process.argv.includes('--pixels') || process.argv.includes('--fit')) {
  const data = process.env.GLIABRIDGE_DATA
  if (!data) throw new Error('GLIABRIDGE_DATA must name the folder of cases')
  const cases = await realCases(data, option('heads'))
  if (process.argv.includes('--fit')) writeModel(cases)
  show(pixelTable(cases), '<!-- npm run field -- --pixels --heads=FOLDER --write -->\n')
  process.exit()
}

if (process.argv.includes('--generated')) {
  const registrar = registerOnce(createRegistrar())
  show(generatedTable(await generatedOutcomes([7], registrar)), '<!-- npm run field -- --generated --write -->\n')
  await registrar.close()
  process.exit()
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
