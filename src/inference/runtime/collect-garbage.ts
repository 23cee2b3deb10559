// Collects garbage where the large arrays of a study have just been dropped.
import { queryObjects } from 'node:v8'

class Nothing {}

/**
 * V8 alone waits until its own small heap is full, and until then keeps hundreds of MB of images and messages that nothing refers to any more.
 * Counting objects is documented to collect all garbage first; it is experimental, but what else does so needs a flag at the start, or code made
 * from text. Takes a few tenths of a second where the heap is the service's.
 */
export function collectGarbage(): void {
  queryObjects(Nothing, { format: 'count' })
}
