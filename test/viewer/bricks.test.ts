import { deflateRawSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { packBricks, unpackBrick } from '../../src/viewer/bricks.ts'

const SIZE = [3, 2, 2] as const
const VALUES = Uint16Array.from({ length: 12 }, (_, n) => n * 341)
const PLANAR = Uint8Array.from([...VALUES].map((value) => value >> 8).concat([...VALUES].map((value) => value & 255)))

it('packs a brick so that its bytes come back, high ones first', async () => {
  const { index, chunks } = await packBricks(VALUES, SIZE)
  expect(index).toMatchObject({ size: SIZE, bytes: 2, offsets: [0, chunks[0]!.length] })
  expect([...(await unpackBrick(chunks[0]!, index, [0, 0, 0]))]).toEqual([...PLANAR])
})

it('reads a brick of an earlier release, which was deflated', async () => {
  const { index } = await packBricks(VALUES, SIZE)
  expect([...(await unpackBrick(deflateRawSync(PLANAR), index, [0, 0, 0]))]).toEqual([...PLANAR])
})

it('refuses a brick of another size', async () => {
  const { index } = await packBricks(VALUES, SIZE)
  await expect(unpackBrick(deflateRawSync(PLANAR.subarray(1)), index, [0, 0, 0])).rejects.toThrow('has 23 bytes')
})
