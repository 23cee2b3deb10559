// What stands at the end of a text and does not belong to it: padding, separators of nothing.

/**
 * The text without the characters at its end that match `character`, a pattern of one. Linear in its length: an expression like /[\0 ]+$/ looks at a
 * long run again from each place in it, so that a hundred kilobytes of padding before another letter take seconds.
 */
export function withoutTrailing(text: string, character: RegExp): string {
  let end = text.length
  while (end > 0 && character.test(text[end - 1]!)) end--
  return text.slice(0, end)
}
