// Comments in a settings file: // to the end of the line, and /* … */, outside texts.

/** The same text with blanks in the comments' place, so that a place in it stays where it is. */
export function withoutComments(text: string): string {
  // A text in quotes with its escapes, or a comment; whichever begins first wins.
  return text.replace(/"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (match) =>
    match.startsWith('"') ? match : match.replace(/[^\n]/g, ' '),
  )
}
