// Turns parts into sentences.

/** The text, ending in exactly one full stop. */
export function fullStop(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}

/** With its first letter capitalised. */
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
