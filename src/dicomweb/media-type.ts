// Media types with parameters, as Content-Type and Accept carry them (RFC 9110 Section 8.3.1).

export interface MediaType {
  /** Lower case, for example "multipart/related"; empty if the header is absent. */
  type: string
  /** Names in lower case, quotes and escapes removed. */
  parameters: Record<string, string>
}

const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g

/** Parses a header value; semicolons inside quotes belong to the value (archives put transfer-syntax inside type="…"). */
export function parseMediaType(header: string | null | undefined): MediaType {
  const text = header ?? ''
  const end = text.indexOf(';')
  const type = (end < 0 ? text : text.slice(0, end)).trim().toLowerCase()
  const parameters: Record<string, string> = {}
  for (const [, name, quoted, plain] of text.matchAll(PARAMETER)) {
    parameters[name!.toLowerCase()] = quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1')
  }
  return { type, parameters }
}
