// Lookup tables whose keys come from outside the service.

/** The entries alone: unlike a plain object, it does not answer to "toString" or "constructor". */
export function table<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null) as Record<string, T>, entries)
}
