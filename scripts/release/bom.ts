// The bill of materials of a production install (CycloneDX), from the lock file.
import { execFileSync } from 'node:child_process'
import { productionPackages } from './packages.ts'
import type { Bom } from './vex.ts'

/** npm's own, of everything, without what only development needs: with `--omit dev`, npm leaves out whatever development needs too. */
export function billOfMaterials(root: string, name: string): Bom {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
  const bom = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 })) as Bom
  const installed = new Set(productionPackages(root).map((one) => `${one.name}@${one.version}`))
  const components = bom.components!.filter((one) => installed.has(one['bom-ref']!))
  const refs = new Set([bom.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])])
  const dependencies = bom.dependencies!.flatMap(({ ref, dependsOn = [] }) =>
    refs.has(ref) ? [{ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }] : [],
  )
  // npm names it after the folder of the checkout.
  const metadata = { ...bom.metadata, component: { ...bom.metadata.component, name } }
  return { ...bom, metadata, components, dependencies }
}
