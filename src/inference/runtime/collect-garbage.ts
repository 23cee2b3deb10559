// Collects garbage where the large arrays of a study have just been dropped.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * V8 alone waits until its own small heap is full, and until then keeps hundreds of MB of images and messages that nothing refers to any more.
 * Takes a tenth of a second: to be called between requests only.
 */
export const collectGarbage: () => void = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
})()
