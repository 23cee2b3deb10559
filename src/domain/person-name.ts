// A person's name in readable form, from its DICOM form (PN, PS3.5 Section 6.2.1.2).

/** Component groups joined by "=": "Doe, Dr. Jane Q. · 山田, 太郎". A name in another form is left as it is; empty stays empty. */
export function readName(name: string): string {
  return name
    .split('=')
    .map((group) => {
      const [family = '', given = '', middle = '', prefix = '', suffix = ''] = group
        .split('^')
        .map((part) => part.trim())
      const rest = [prefix, given, middle, suffix].filter((part) => part !== '').join(' ')
      return [family, rest].filter((part) => part !== '').join(', ')
    })
    .filter((group) => group !== '')
    .join(' · ')
}
