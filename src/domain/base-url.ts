// Addresses to which paths are added.

/** An address to which "/path" can be appended: without trailing slashes. */
export function baseUrlOf(url: string): string {
  return url.replace(/\/+$/, '')
}
