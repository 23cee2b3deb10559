// Overlap of two binary masks (Dice 1945).

/** 2 |A and B| / (|A| + |B|); 1 if both are empty, since the prediction is then right. */
export function dice(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) throw new RangeError('the masks are not on one grid')
  let both = 0
  let sum = 0
  for (let v = 0; v < a.length; v++) {
    const inA = a[v] === 0 ? 0 : 1
    const inB = b[v] === 0 ? 0 : 1
    both += inA & inB
    sum += inA + inB
  }
  return sum === 0 ? 1 : (2 * both) / sum
}
