// The slots of a device shared by several processes of one machine: they limit how many inferences run on it at once. A slot is a folder lock, which
// the kernel releases when its holder dies.
import { join } from 'node:path'
import { asAppError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'

/** Pause before looking again when no slot was free. */
const LOOK_EVERY_MS = 100

export interface SharedDevice {
  /** The same for every process that uses this device; on a local disk of this machine. */
  folder: string
  slots: number
  /** Index of one of several; each has its own slots. */
  gpu?: number | undefined
}

/**
 * Runs each piece of work on a free slot, waiting for one as long as necessary; resolves or rejects as the work does. Processes that wait are served
 * in no particular order. Throws INTERNAL if the folder cannot be used.
 */
export function openDeviceSlots(
  { folder, slots, gpu }: SharedDevice,
  clock: Clock,
): <T>(work: () => Promise<T>) => Promise<T> {
  const holder = () => ({ pid: process.pid, since: clock.now().toISOString() })
  function takeFree(): FolderLock | undefined {
    for (let n = 0; n < slots; n += 1) {
      try {
        return lockFolder(join(folder, `${gpu === undefined ? '' : `gpu-${gpu}-`}slot-${n}`), holder())
      } catch (thrown) {
        if (asAppError(thrown).code !== 'DATA_FOLDER_IN_USE') throw thrown
      }
    }
    return undefined
  }
  return async (work) => {
    let slot = takeFree()
    while (!slot) {
      await clock.sleep(LOOK_EVERY_MS)
      slot = takeFree()
    }
    try {
      return await work()
    } finally {
      slot.release()
    }
  }
}
