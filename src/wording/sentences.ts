// How parts become sentences.

/** The text with exactly one full stop at its end. */
export function fullStop(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}
