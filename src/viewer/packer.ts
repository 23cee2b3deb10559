// A thread that packs images while the service goes on with the study: its own would be kept from the predictions for seconds.
import { Worker } from 'node:worker_threads'
import { exchange } from '../domain/exchange.ts'
import type { Volume } from '../domain/volume.ts'
import type { Packed } from './bricks.ts'

/** For one image. */
const TIMEOUT_MS = 120_000

/** Packs one image at a time, turned upright; takes its voxels away from the caller. */
export type Pack = (image: Volume<Uint16Array>) => Promise<Packed>

/** Starts the thread for as long as `work` takes. Its end or delay fails the image that it was packing. */
export async function withPacker<T>(work: (pack: Pack) => Promise<T>): Promise<T> {
  const worker = new Worker(new URL('./pack-worker.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  // Without a listener, an error while nobody waits for an answer would end the service.
  worker.on('error', () => {})
  const pack: Pack = (image) =>
    exchange<Packed, Packed>(worker, {
      send: () => worker.postMessage(image, [image.data.buffer as ArrayBuffer]),
      read: (packed) => packed,
      timeoutMs: TIMEOUT_MS,
    })
  try {
    return await work(pack)
  } finally {
    await worker.terminate()
  }
}
