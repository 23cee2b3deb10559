// What is installed in a hospital: no package that is there only because a dependency's tool can download from IPFS.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, { dev?: boolean; name?: string; hasInstallScript?: boolean; engines?: { node?: string } }>
}
const installed = Object.entries(lock.packages)
  .filter(([path, { dev }]) => path !== '' && !dev)
  .map(([path, { name }]) => name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))

it('has no IPFS or web3 package in production', () => {
  expect(installed).toContain('itk-wasm')
  expect(
    installed.filter((name) => /ipfs|ipld|web3|multiformats|uint8array|libp2p|perma|^decompress/.test(name)),
  ).toEqual([])
})

/** Whether a range of engines.node has a Node 20 in it; the ranges of the lock file are lists of ">=", "^" and "*". */
const takesNode20 = (range: string) =>
  range.split('||').some((one) => {
    const [, operator = '', major = ''] = /^\s*(>=|\^|)\s*(\d+|\*)/.exec(one) ?? []
    return major === '*' || (operator === '>=' ? Number(major) <= 20 : Number(major) === 20)
  })

it('has no package that asks for more than Node 20 but those of which ADR 0001 says why', () => {
  const adr = readFileSync(new URL('../docs/adr/0001-node-24-through-npm.md', import.meta.url), 'utf8')
  const newer = Object.entries(lock.packages).flatMap(([path, { engines }]) =>
    engines?.node === undefined || takesNode20(engines.node) ? [] : path.slice(path.lastIndexOf('node_modules/') + 13),
  )
  expect(newer).toContain('undici')
  expect(newer.filter((name) => !adr.includes(name.slice(name.lastIndexOf('/') + 1)))).toEqual([])
})
