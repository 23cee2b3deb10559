// How alike two sequences of one patient are, and how alike an image and a resampled copy: what the limit of same-image.ts rests upon.
//   node bin/run.mjs bench/same-image.ts <folder of cases>... > bench/results/same-image.md
import { join } from 'node:path'
import type { Grid, Volume } from '../src/domain/volume.ts'
import { caseNames, readCaseFiles } from '../src/evaluation/case-files.ts'
import { blockCorrelation, blockMeans } from '../src/inference/segmentation/same-image.ts'
import { alignedGrid } from '../src/inference/volumes/grids.ts'
import { quantile } from '../src/inference/volumes/quantile.ts'
import { createRegistrar } from '../src/inference/volumes/register.ts'
import { resample } from '../src/inference/volumes/resample.ts'
import { IDENTITY } from '../src/inference/volumes/rigid.ts'

type Image = Volume<Float32Array>

/** As a workstation writes them anew; each goes there and back to the grid of the original. */
const COPIES: Record<string, (image: Image, work: Grid) => Image> = {
  'other grid, 1.3 mm': (image, work) => resample(resample(image, alignedGrid(image.grid, [1.3, 1.3, 1.3])), work),
  'slices of 5 mm': (image, work) => resample(resample(image, alignedGrid(image.grid, [1, 1, 5])), work),
  'grid of 2.5 mm': (image, work) => resample(resample(image, alignedGrid(image.grid, [2.5, 2.5, 2.5])), work),
  'noise of 10 %': (image, work) => noisy(resample(image, work)),
  'grid of 2.5 mm, noise of 10 %': (image, work) =>
    noisy(resample(resample(image, alignedGrid(image.grid, [2.5, 2.5, 2.5])), work)),
}

/** Uniform noise with a standard deviation of a tenth of the head's mean, where there is signal. */
function noisy({ grid, data }: Image): Image {
  const head = data.filter((value) => value > 0)
  const sd = 0.1 * (head.reduce((sum, value) => sum + value, 0) / Math.max(1, head.length))
  let state = 20_210
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
  return {
    grid,
    data: data.map((value) => (value > 0 ? Math.max(1e-3, value + sd * Math.sqrt(12) * (random() - 0.5)) : 0)),
  }
}

const found = new Map<string, number[]>()
const add = (what: string, value: number) => {
  if (Number.isFinite(value)) found.set(what, [...(found.get(what) ?? []), value])
}

const registrar = createRegistrar()
for (const folder of process.argv.slice(2))
  for (const name of await caseNames(folder, undefined)) {
    const { volumes } = await readCaseFiles(join(folder, name))
    const images = Object.entries(volumes)
    const work = alignedGrid(images[0]![1].grid, [2, 2, 2])
    const first = resample(images[0]![1], work)
    const onWork = new Map([[images[0]![0], first]])
    for (const [sequence, image] of images.slice(1)) {
      // Stripped cases of BraTS are registered already, by more than this; a clinical head is registered as in an analysis.
      const still = /^BraTS/i.test(name)
      const { transform } = still
        ? { transform: IDENTITY }
        : await registrar.register(first, resample(image, alignedGrid(image.grid, [2, 2, 2])), sequence)
      onWork.set(sequence, resample(image, work, transform))
    }
    const means = new Map([...onWork].map(([sequence, image]) => [sequence, blockMeans(image)]))
    const names = [...means.keys()]
    for (const [n, a] of names.entries())
      for (const b of names.slice(n + 1)) add(`${a} and ${b}`, blockCorrelation(means.get(a)!, means.get(b)!))
    for (const [sequence, image] of images)
      for (const [how, copy] of Object.entries(COPIES))
        add(`copy: ${how}`, blockCorrelation(means.get(sequence)!, blockMeans(copy(image, work))))
    process.stderr.write(`${name}\n`)
  }
await registrar.close()

const cell = (value: number) => value.toFixed(4)
const rows = [...found].map(
  ([what, all]) =>
    `| ${what} | ${all.length} | ${cell(Math.min(...all))} | ${cell(quantile(all, 0.5))} | ${cell(Math.max(...all))} |`,
)
process.stdout.write(
  `${['# Correlation of blocks of 8 mm (bench/same-image.ts)', '', '| images | pairs | lowest | median | highest |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')}\n`,
)
