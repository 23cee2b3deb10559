// FHIR R4 Narrative (XHTML) from plain sentences, for displays that show nothing else of a resource.
import type { Narrative } from '@medplum/fhirtypes'

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Characters that XML 1.0 (section 2.2) forbids or discourages. */
const NO_XML_CHARACTER = /(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]/gu

/** Text as XHTML content; a character that XML does not allow becomes U+FFFD. */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(NO_XML_CHARACTER, '\uFFFD')
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!)
}

/** One paragraph per sentence. */
export function narrative(lines: string[]): Narrative {
  const body = lines.map((line) => `<p>${escaped(line)}</p>`).join('')
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${body}</div>` }
}
