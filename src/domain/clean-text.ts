// Text from outside without the characters that XML, jsonb and FHIR strings cannot hold; cleaned once, where it comes in.

/** Control characters but tab, line feed and carriage return (XML 1.0 Section 2.2; FHIR R4 string), and two that are no characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNFIT = /[\u0000-\u0008\u000b\u000e-\u001f\ufffe\uffff]/g
/** How these, form feeds and halves of surrogate pairs look in JSON. */
const UNFIT_IN_JSON = /\\(?:[bf]|u(?:00[01][0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef]))/i

/** Each unfit character becomes U+FFFD: never a plausible other text, so that a damaged identifier matches nobody. */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll('\f', '\n').replace(UNFIT, '\ufffd')
}

/** A JSON text whose strings are clean; the text itself when it has nothing to clean, or is no JSON. */
export function cleanJsonText(text: string): string {
  if (!UNFIT_IN_JSON.test(text)) return text
  try {
    return JSON.stringify(cleanJson(JSON.parse(text)))
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

/** The same value with clean strings, names of members included. */
export function cleanJson(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(cleanJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [cleanText(name), cleanJson(member)]))
}
