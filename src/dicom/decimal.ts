// Decimal strings (DS, PS3.5 Section 6.2): at most 16 characters, with the best precision that fits, keeping the exponent.

/** DS text of a finite number; reading it back gives the nearest value that 16 characters can hold. */
export function formatDecimal(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError('a decimal string must be a finite number')
  const plain = Object.is(value, -0) ? '0' : String(value)
  if (plain.length <= 16) return plain
  let best = ''
  let error = Number.POSITIVE_INFINITY
  for (let digits = 16; digits >= 1; digits--) {
    for (const text of [trimFraction(value.toPrecision(digits)), trimFraction(value.toExponential(digits - 1))]) {
      const distance = Math.abs(Number(text) - value)
      if (text.length <= 16 && distance < error) {
        best = text
        error = distance
      }
    }
  }
  return best
}

/** "1.500e-7" → "1.5e-7", "0.12500" → ".125" is not used: a leading zero is kept for readers that need it. */
function trimFraction(text: string): string {
  const [mantissa = '', exponent] = text.split('e')
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  return exponent === undefined ? short : `${short}e${exponent.replace('+', '')}`
}

/** IS text (PS3.5 Section 6.2): a whole number within 32 bits. */
export function formatInteger(value: number): string {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31) {
    throw new RangeError('an integer string must be a whole number of 32 bits')
  }
  return String(value)
}
