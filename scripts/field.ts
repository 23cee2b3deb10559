// Shows for sets of series headers which series is taken for which sequence, and why: `npm run field [FILE or FOLDER] [--write]`.
// With --pixels, and GLIABRIDGE_DATA naming the folder of cases, what the pixels of each case say of T1 and T1c without any header.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readNifti } from '../src/evaluation/nifti.ts'
import { contrastWitness, enhancedOf } from '../src/inference/series/contrast-witness.ts'
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

/** Cases in BraTS layout: T1 and T1c on one grid, in both orders. */
function pixelTable(folder: string): string {
  const counts = { right: 0, 'not told': 0, wrong: 0 }
  const rows = readdirSync(folder).map((name) => {
    const image = (what: string) => readNifti(readFileSync(join(folder, name, `${name}_${what}.nii.gz`)), name)
    const [t1, t1c] = [image('t1'), image('t1ce')]
    const said = enhancedOf(t1, t1c)
    const swapped = enhancedOf(t1c, t1)
    for (const [found, truth] of [
      [said, 'second'],
      [swapped, 'first'],
    ] as const)
      counts[found === undefined ? 'not told' : found === truth ? 'right' : 'wrong']++
    return `| ${name} | ${contrastWitness(t1, t1c)?.toFixed(2) ?? '–'} | ${said ?? 'not told'} | ${swapped ?? 'not told'} |`
  })
  const head = '| case | bright tail | T1, T1c: enhanced is the | T1c, T1: enhanced is the |\n|---|---|---|---|'
  return `${head}\n${rows.join('\n')}\n\n${Object.entries(counts)
    .map(([what, n]) => `${n} ${what}`)
    .join(', ')} of ${2 * rows.length}.\n`
}

if (process.argv.includes('--pixels')) {
  const data = process.env.GLIABRIDGE_DATA
  if (!data) throw new Error('GLIABRIDGE_DATA must name the folder of cases')
  console.log(pixelTable(join(data, 'brats')))
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
