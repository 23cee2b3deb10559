// Collects garbage where the large arrays of a study have just been dropped.
import { queryObjects } from 'node:v8'

class Nothing {}

/**
 * V8 alone waits until its own small heap is full, and until then keeps hundreds of MB of images and messages that nothing refers to any more.
 * Of Node's functions, counting objects is the one that is documented to collect all garbage first. Takes a few tenths of a second: to be called
 * between requests only.
 */
export function collectGarbage(): void {
  queryObjects(Nothing, { format: 'count' })
}
