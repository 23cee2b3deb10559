// Collects garbage where the large arrays of a study have just been dropped.
import { Session } from 'node:inspector/promises'

/**
 * V8 alone waits until its own small heap is full, and until then keeps hundreds of MB of images and messages that nothing refers to any more.
 * This is what the button in a browser's developer tools does; everything else that collects needs a flag at the start, code made from text,
 * or ten times as long (v8.queryObjects, which then looks at every object). Takes a quarter of a second where the heap is the service's.
 */
export async function collectGarbage(): Promise<void> {
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.collectGarbage')
  } finally {
    session.disconnect()
  }
}
