// The policy for dependencies (docs/security.md, "Supply chain"), held against the lock file.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { isAllowed, productionPackages, thirdPartyNotices } from '../../scripts/release/packages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const packages = productionPackages(ROOT)

it('has only licences that are allowed', () => {
  expect(packages.length).toBeGreaterThan(100)
  expect(
    packages.filter(({ license }) => !isAllowed(license)).map(({ name, license }) => `${name}: ${license}`),
  ).toEqual([])
})

it('judges expressions of licences: one of the alternatives, all of the joint parts', () => {
  const verdicts = [
    'MIT',
    'GPL-3.0',
    '(MIT OR GPL-3.0)',
    '(MIT AND GPL-3.0)',
    'MIT AND BSD-3-Clause',
    'not stated',
  ].map(isAllowed)
  expect(verdicts).toEqual([true, false, true, false, true, false])
})

it('pins what it names exactly', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  )
  const ranges = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
  expect(ranges.filter(([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(range)))).toEqual([])
})

it('runs no install script: they are off, and a new package that has one is noticed', () => {
  expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m)
  expect(packages.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name)).toEqual([
    'core-js-pure',
    'onnxruntime-node',
  ])
})

it('carries no peer-to-peer or wallet libraries, which came along with image toolkits before', () => {
  expect(
    packages.filter(({ name }) => /ipfs|libp2p|web3|ethers|multiformats/.test(name)).map(({ name }) => name),
  ).toEqual([])
})

it('gives the notices of every package that is installed', () => {
  const notices = thirdPartyNotices(ROOT)
  for (const name of ['onnxruntime-node', 'hono', '@medplum/core', 'pg-boss']) expect(notices).toContain(`\n${name} `)
  expect(notices).toMatch(/hono [\d.]+ \(MIT\)\n\nMIT License\n\nCopyright/)
})
