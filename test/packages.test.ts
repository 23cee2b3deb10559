// What is installed in a hospital: no package that is there only because a dependency's tool can download from IPFS.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, { dev?: boolean; name?: string; hasInstallScript?: boolean }>
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
