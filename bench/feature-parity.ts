// Compares each feature with pyradiomics on real cases: the worst relative difference per family, and processor seconds per case.
// Usage: GLIABRIDGE_DATA=DIR node bin/run.mjs bench/feature-parity.ts     writes training/results/feature-parity.json
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { readNifti } from '../src/evaluation/nifti.ts'
import { shapeFeatures } from '../src/inference/features/shape.ts'
import { FAMILIES, intensityFeatures } from '../src/inference/features/texture.ts'

const LIMIT = 1e-3
/** Values closer to 0 than this are compared by absolute difference. */
const FLOOR = 1e-9

interface Worst {
  relativeDifference: number
  feature: string
  case: string
  service: number
  pyradiomics: number
}

function main(): void {
  const folder = process.env.GLIABRIDGE_DATA
  if (folder === undefined) throw new Error('set GLIABRIDGE_DATA to the folder that holds brats/<case>/')
  const golden = JSON.parse(readFileSync(new URL('../test/golden/features/cases.json', import.meta.url), 'utf8')) as {
    oracle: string
    cases: Record<string, Record<string, number>>
  }
  const families: Record<string, { features: number; worst: Worst }> = {}
  const seconds: Record<string, number> = {}
  const millilitres: Record<string, number> = {}
  for (const [name, expected] of Object.entries(golden.cases)) {
    const { features, took } = measureCase(join(folder, 'brats', name))
    seconds[name] = Math.round(took * 100) / 100
    millilitres[name] = Math.round(expected.shape_VoxelVolume! / 100) / 10
    for (const [feature, pyradiomics] of Object.entries(expected)) {
      const service = features.get(feature)
      if (service === undefined) throw new Error(`the service has no ${feature}`)
      const relativeDifference = Math.abs(service - pyradiomics) / Math.max(FLOOR, Math.abs(pyradiomics))
      const family = feature.slice(0, feature.indexOf('_'))
      const worst: Worst = { relativeDifference, feature, case: name, service, pyradiomics }
      const worstSoFar = families[family]
      // A difference of NaN must not be hidden by one that is a number.
      if (!worstSoFar || !(relativeDifference <= worstSoFar.worst.relativeDifference))
        families[family] = { features: worstSoFar?.features ?? 0, worst }
      families[family]!.features = Object.keys(expected).filter((f) => f.startsWith(`${family}_`)).length
    }
    console.log(`${name}: ${millilitres[name]} mL, ${seconds[name]} s`)
  }
  for (const [family, { worst }] of Object.entries(families))
    console.log(`${family.padEnd(11)} ${worst.relativeDifference.toExponential(1)}  ${worst.feature} of ${worst.case}`)
  const result = {
    command: 'node bin/run.mjs bench/feature-parity.ts',
    oracle: golden.oracle,
    processor: cpus()[0]?.model ?? 'unknown',
    limit: LIMIT,
    absoluteFloor: FLOOR,
    cases: Object.keys(golden.cases).length,
    families,
    millilitres,
    processorSeconds: seconds,
  }
  writeFileSync(
    new URL('../training/results/feature-parity.json', import.meta.url),
    `${JSON.stringify(result, null, 1)}\n`,
  )
  if (!Object.values(families).every(({ worst }) => worst.relativeDifference <= LIMIT)) process.exitCode = 1
}

/** All features of t1ce inside the whole tumour; processor seconds, without reading the files. */
function measureCase(folder: string): { features: Map<string, number>; took: number } {
  const read = (ending: string) => {
    const name = readdirSync(folder).find((file) => file.includes(ending))
    if (name === undefined) throw new Error(`${folder} has no *${ending}*`)
    return readNifti(readFileSync(join(folder, name)), name)
  }
  const image = read('_t1ce.nii')
  const mask = read('_seg.nii')
  const start = process.cpuUsage()
  const shape = Object.entries(shapeFeatures(mask) ?? {}).map(([name, value]) => [`shape_${name}`, value] as const)
  const intensity = Object.entries(intensityFeatures(image, mask, undefined, FAMILIES) ?? {})
  const { user, system } = process.cpuUsage(start)
  return { features: new Map([...shape, ...intensity]), took: (user + system) / 1e6 }
}

main()
