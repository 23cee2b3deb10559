// Addresses to which paths are added.

/** An address onto which "/path" is put: without slashes at its end. */
export function baseUrlOf(url: string): string {
  return url.replace(/\/+$/, '')
}
