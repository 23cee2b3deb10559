// Comments in a settings file: // to the end of the line, and /* … */, outside strings.

/** The same text with comments replaced by blanks, so that positions in it do not change. */
export function withoutComments(text: string): string {
  // A quoted string with its escapes, or a comment; whichever begins first.
  return text.replace(/"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (match) =>
    match.startsWith('"') ? match : match.replace(/[^\n]/g, ' '),
  )
}
