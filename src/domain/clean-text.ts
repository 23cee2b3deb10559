// Removes from incoming text the characters that XML, jsonb and FHIR strings cannot hold; done once, where text enters.

/** Control characters except tab, line feed and carriage return (XML 1.0 Section 2.2; FHIR R4 string), and two noncharacters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNFIT = /[\u0000-\u0008\u000b\u000e-\u001f\ufffe\uffff]/g
/** How these, form feeds and lone surrogates look in JSON. */
const UNFIT_IN_JSON = /\\(?:[bf]|u(?:00[01][0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef]))/i

/** Each unfit character becomes U+FFFD, so that the result is never plausible text and a damaged identifier matches nobody. */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll('\f', '\n').replace(UNFIT, '\ufffd')
}

/** The JSON text with clean strings; the text unchanged if there is nothing to clean, or if it is not JSON. */
export function cleanJsonText(text: string): string {
  if (!UNFIT_IN_JSON.test(text)) return text
  try {
    return JSON.stringify(cleanJson(JSON.parse(text)))
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

/** The same value with clean strings, including member names. */
export function cleanJson(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(cleanJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [cleanText(name), cleanJson(member)]))
}
