// The bill of materials: each package that a production install brings, under its version, and no other; what depends on what leads to packages in it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { billOfMaterials } from '../../scripts/release/bom.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

it('has every package of a production install, also those that development needs too', () => {
  const { packages } = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')) as {
    packages: Record<string, { name?: string; dev?: boolean; version: string }>
  }
  const installed = Object.entries(packages).flatMap(([path, { name, dev, version }]) =>
    path === '' || dev ? [] : [`${name ?? path.split('node_modules/').at(-1)}@${version}`],
  )
  const bom = billOfMaterials(ROOT, 'gliabridge')
  const listed = bom.components!.map((one) => one['bom-ref'])
  expect(bom.metadata.component).toMatchObject({ name: 'gliabridge', version: packages['']!.version })
  expect([...new Set(listed)].sort()).toEqual([...new Set(installed)].sort())
  const refs = [bom.metadata.component, ...bom.components!].map((one) => one['bom-ref'])
  const linked = bom.dependencies!.flatMap(({ ref, dependsOn = [] }) => [ref, ...dependsOn])
  expect(linked.filter((ref) => !refs.includes(ref))).toEqual([])
  expect(listed.filter((one) => /^(nodemailer|jose)@/.test(one!))).toHaveLength(2)
})
