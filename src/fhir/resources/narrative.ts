// FHIR R4 Narrative (XHTML) of plain sentences, for displays that show nothing else of a resource.
import type { Narrative } from '@medplum/fhirtypes'

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text as XHTML content. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!)
}

/** One paragraph per sentence. */
export function narrative(lines: string[]): Narrative {
  const body = lines.map((line) => `<p>${escaped(line)}</p>`).join('')
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${body}</div>` }
}
