// Real cases without any headers: what their pixels say about T1, T2, FLAIR and contrast agent, and the model that reads them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Volume } from '../src/domain/volume.ts'
import { readNifti } from '../src/evaluation/nifti.ts'
import { enhancedOf } from '../src/inference/series/contrast-witness.ts'
import type { Weighting } from '../src/inference/series/evidence.ts'
import { measurePixels, type PixelMeasures, witnessGrid } from '../src/inference/series/pixel-measures.ts'
import { likeliest, type PixelModel, pairOf } from '../src/inference/series/sequence-witness.ts'
import { WITNESS_LIMITS } from '../src/inference/series/witness-limits.ts'
import { coarseGrid } from '../src/inference/volumes/grids.ts'
import { createRegistrar } from '../src/inference/volumes/register.ts'
import { resample } from '../src/inference/volumes/resample.ts'

const MODEL_FILE = fileURLToPath(new URL('../src/inference/series/pixel-model.json', import.meta.url))
const FILES = { t1: 'T1', t1ce: 'T1c', t2: 'T2', flair: 'FLAIR' } as const
type Name = (typeof FILES)[keyof typeof FILES]

interface Case {
  set: string
  names: Name[]
  measures: PixelMeasures
  /** Whether the pixels tell which of T1 and T1c is enhanced; absent if the case lacks one. */
  enhanced?: 'right' | 'not told' | 'wrong'
}

const weightingOf = (name: Name): Weighting => (name === 'T1c' ? 'T1' : name)

/** `data`: the folder of cases (GLIABRIDGE_DATA); `heads`: clinical heads as NIfTI, as gliatrain.chain_cases writes them. */
export async function realCases(data: string, heads: string | undefined): Promise<Case[]> {
  const registrar = createRegistrar()
  try {
    const cases: Case[] = []
    for (const [set, folder, prefixed] of [
      ['BraTS', join(data, 'brats'), true],
      ['multiple sclerosis, with skull', join(data, 'heads'), false],
      ...(heads ? [['TCGA-LGG, with skull', heads, true] as const] : []),
    ] as const)
      for (const name of readdirSync(folder).sort()) {
        const path = (what: string) => join(folder, name, `${prefixed ? `${name}_` : ''}${what}.nii.gz`)
        const there = Object.entries(FILES).filter(([what]) => existsSync(path(what)))
        const images = there.map(([what]) => readNifti(readFileSync(path(what)), name))
        cases.push(
          await caseOf(
            set,
            there.map(([, sequence]) => sequence),
            images,
            prefixed ? undefined : registrar,
          ),
        )
      }
    return cases
  } finally {
    await registrar.close()
  }
}

/** All images on the grid of the last one, FLAIR; registered if the case is not. */
async function caseOf(
  set: string,
  names: Name[],
  images: Volume<Float32Array>[],
  registrar: ReturnType<typeof createRegistrar> | undefined,
): Promise<Case> {
  const fixed = images.at(-1)!
  const still = resample(fixed, coarseGrid(fixed.grid, 2))
  const grid = witnessGrid(fixed.grid)
  const aligned = await Promise.all(
    images.map(async (image) => {
      if (!registrar || image === fixed) return resample(image, grid)
      const { transform } = await registrar.register(still, resample(image, coarseGrid(image.grid, 2)), 'image')
      return resample(image, grid, transform)
    }),
  )
  const measures = measurePixels(aligned)
  if (!measures) throw new Error(`a case of ${set} shows too little of a head`)
  const [t1, t1c] = (['T1', 'T1c'] as const).map((name) => aligned[names.indexOf(name)])
  if (!t1 || !t1c) return { set, names, measures }
  const enhanced = enhancedOf(t1, t1c)
  return {
    set,
    names,
    measures,
    enhanced: enhanced === undefined ? 'not told' : enhanced === 'second' ? 'right' : 'wrong',
  }
}

/** Means of each kind, and the inverse of their common covariance. */
export function fitPixelModel(cases: readonly Case[]): PixelModel {
  const own = new Map<string, number[][]>()
  const pairs = new Map<string, number[][]>()
  const add = (to: Map<string, number[][]>, kind: string, values: number[]) =>
    to.set(kind, [...(to.get(kind) ?? []), values])
  for (const { names, measures } of cases)
    for (const [n, name] of names.entries()) {
      add(own, weightingOf(name), measures.own[n]!)
      for (let m = n + 1; m < names.length; m++)
        add(pairs, pairOf(weightingOf(name), weightingOf(names[m]!)), measures.pairs[n]![m]!)
    }
  return { own: kindsOf(own), pairs: kindsOf(pairs) }
}

function kindsOf(groups: ReadonlyMap<string, number[][]>): PixelModel['own'] {
  const means: Record<string, number[]> = {}
  const size = [...groups.values()][0]![0]!.length
  const scatter = Array.from({ length: size }, () => new Array<number>(size).fill(0))
  let degrees = -groups.size
  for (const [kind, rows] of groups) {
    const mean = Array.from({ length: size }, (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length)
    means[kind] = mean.map((value) => Number(value.toPrecision(4)))
    degrees += rows.length
    for (const row of rows)
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) scatter[i]![j]! += (row[i]! - mean[i]!) * (row[j]! - mean[j]!)
  }
  const precision = inverse(scatter.map((row) => row.map((value) => value / degrees)))
  return { means, precision: precision.map((row) => row.map((value) => Number(value.toPrecision(5)))) }
}

/** Gauss-Jordan elimination; a covariance is symmetric positive definite, so no rows need to be swapped. */
function inverse(matrix: number[][]): number[][] {
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))])
  for (const [i, pivot] of rows.entries()) {
    const by = pivot[i]!
    for (let j = 0; j < pivot.length; j++) pivot[j]! /= by
    for (const other of rows) {
      const factor = other[i]!
      if (other !== pivot) for (let j = 0; j < other.length; j++) other[j]! -= factor * pivot[j]!
    }
  }
  return rows.map((row) => row.slice(matrix.length))
}

/** Markdown: each set of cases, each case read by a model fitted without it. */
export function pixelTable(cases: readonly Case[]): string {
  const row = (what: string, members: readonly Case[], parts = (one: Case) => [one]) => {
    const sequences = { right: 0, 'not told': 0, wrong: 0 }
    const contrast = { right: 0, 'not told': 0, wrong: 0 }
    for (const one of members) {
      const model = fitPixelModel(cases.filter((other) => other !== one))
      for (const part of parts(one)) {
        const reading = likeliest(part.measures, [], model)!
        const least = WITNESS_LIMITS[part.names.length < 3 ? 'leadOfFew' : 'lead'].value
        const told = reading.lead >= least && reading.strangest <= WITNESS_LIMITS.strange.value
        for (const [n, name] of part.names.entries())
          sequences[!told ? 'not told' : reading.weightings[n] === weightingOf(name) ? 'right' : 'wrong']++
        if (part.enhanced) contrast[part.enhanced]++
      }
    }
    const cells = [sequences, contrast].map((counts) => Object.values(counts).join(' / '))
    return `| ${what} | ${members.length} | ${cells.join(' | ')} |`
  }
  const rows = [...Map.groupBy(cases, ({ set }) => set)].map(([set, members]) => row(set, members))
  rows.push(
    row(
      'those with three images or more',
      cases.filter(({ names }) => names.length > 2),
    ),
  )
  rows.push(row('every image as if it were alone', cases, alone))
  return [
    '| cases | patients | sequence: right / not told / wrong | before or after contrast: right / not told / wrong |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

const alone = ({ set, names, measures }: Case): Case[] =>
  names.map((name, n) => ({ set, names: [name], measures: { own: [measures.own[n]!], pairs: [[]] } }))

export function leads(cases: readonly Case[]): string {
  return cases
    .map((one) => {
      const reading = likeliest(one.measures, [], fitPixelModel(cases.filter((other) => other !== one)))!
      const right = reading.weightings.every((weighting, n) => weighting === weightingOf(one.names[n]!))
      return {
        text: `${one.set} ${one.names.join(' ')}: ${right ? 'right' : `WRONG ${reading.weightings.join(' ')}`}, lead ${reading.lead.toFixed(2)}, strangest ${reading.strangest.toFixed(1)}`,
        lead: reading.lead,
      }
    })
    .sort((a, b) => a.lead - b.lead)
    .map(({ text }) => text)
    .join('\n')
}

export function writeModel(cases: readonly Case[]): void {
  const counts = [...Map.groupBy(cases, ({ set }) => set)].map(([set, members]) => `${members.length} ${set}`)
  const model = { source: `npm run field -- --fit: patients ${counts.join(', ')}`, ...fitPixelModel(cases) }
  writeFileSync(MODEL_FILE, `${JSON.stringify(model, null, 2)}\n`)
}
