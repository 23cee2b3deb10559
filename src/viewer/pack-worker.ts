// Worker thread that packs images for the pages: turned upright, cut into bricks, compressed; one reply per image.
import { parentPort } from 'node:worker_threads'
import type { Volume } from '../domain/volume.ts'
import { type Packed, packBricks } from './bricks.ts'
import { upright } from './upright.ts'

parentPort?.on('message', async (image: Volume<Uint16Array>) => {
  const { grid, data } = upright(image)
  parentPort?.postMessage((await packBricks(data, grid.size)) satisfies Packed)
})
