// How parts become sentences.

/** The text with exactly one full stop at its end. */
export function fullStop(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}

/** With a capital first letter. */
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
