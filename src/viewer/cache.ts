// Decoded bricks in memory, evicting the least recently used, with a limit in bytes.

export interface Cache<T extends { byteLength: number }> {
  has(key: string): boolean
  get(key: string): T | undefined
  put(key: string, value: T): void
  /** Removes everything whose key begins like this. */
  forget(prefix: string): void
}

export function createCache<T extends { byteLength: number }>(most: number): Cache<T> {
  const kept = new Map<string, T>()
  let bytes = 0
  const drop = (key: string) => {
    bytes -= kept.get(key)?.byteLength ?? 0
    kept.delete(key)
  }
  return {
    has: (key) => kept.has(key),
    get(key) {
      const value = kept.get(key)
      if (value) {
        kept.delete(key)
        kept.set(key, value)
      }
      return value
    },
    put(key, value) {
      drop(key)
      kept.set(key, value)
      bytes += value.byteLength
      for (const oldest of kept.keys()) {
        if (bytes <= most) break
        drop(oldest)
      }
    },
    forget(prefix) {
      for (const key of [...kept.keys()]) if (key.startsWith(prefix)) drop(key)
    },
  }
}
