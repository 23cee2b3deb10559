// What makes a JSON text too large to parse, found before it is parsed: a small text can stand for gigabytes, and deep nesting for a stack of calls.
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

/** Words that follow "the answer", or undefined. Whether the text is JSON at all is not asked. */
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

/** Index of the quote that closes the string which opens at `at`; the end of a text that does not close it. */
function endOfString(text: string, at: number): number {
  let end = at + 1
  while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1
  return end
}
