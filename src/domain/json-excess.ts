// Detects JSON text that is too large to parse, before parsing it: a small text can expand to gigabytes, and deep nesting can exhaust the call stack.
import { LIMITS } from './limits.ts'

export interface JsonLimits {
  characters: number
  /** Objects and lists. */
  containers: number
  depth: number
}

export const JSON_LIMITS: JsonLimits = {
  characters: LIMITS.jsonBytes,
  containers: LIMITS.jsonContainers,
  depth: LIMITS.jsonDepth,
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'"\\[]{}'].map((one) =>
  one.charCodeAt(0),
)

/** What is too much, worded to follow "the answer"; undefined if nothing is. Does not check that the text is JSON at all. */
export function jsonExcess(text: string, limits: JsonLimits = JSON_LIMITS): string | undefined {
  if (text.length > limits.characters) return `is over ${limits.characters} characters`
  let containers = 0
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      containers += 1
      depth += 1
      if (depth > limits.depth) return `is nested deeper than ${limits.depth}`
      if (containers > limits.containers) return `has over ${limits.containers} objects and lists`
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1
  }
  return undefined
}

/** Index of the quote that closes the string opened at `at`; the end of the text if it is never closed. */
function endOfString(text: string, at: number): number {
  let end = at + 1
  while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1
  return end
}
