// Small seeded random numbers (xoshiro128**), so that one seed always makes the same study.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Normal with mean 0 and deviation 1. */
  normal(): number
  /** 32 random bits as an unsigned integer. */
  bits(): number
}

/** Four well mixed words from a text: FNV-1a with four offsets, each finished as in MurmurHash3. */
function stateOf(seed: string): [number, number, number, number] {
  const word = (offset: number) => {
    let hash = 0x811c9dc5 ^ offset
    for (const character of seed) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) >>> 0
  }
  return [word(1) || 1, word(2), word(3), word(4)]
}

/** A generator for a seed; parts name independent streams, so that drawing more from one does not change another. */
export function createRandom(...parts: (string | number)[]): Random {
  let [a, b, c, d] = stateOf(JSON.stringify(parts))
  const bits = () => {
    const scrambled = Math.imul(b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
  const next = () => bits() / 0x1_0000_0000
  return {
    bits,
    next,
    between: (low, high) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  }
}

const TABLE_BITS = 16

/** Fills arrays with normal deviates from a table: noise for millions of pixels. */
export function createNoise(random: Random): (out: Float32Array) => void {
  const table = Float32Array.from({ length: 1 << TABLE_BITS }, () => random.normal())
  let state = random.bits() | 1
  return (out) => {
    // Xorshift (Marsaglia 2003): state kept in a local for speed.
    let x = state
    for (let n = 0; n < out.length; n++) {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
      out[n] = table[x >>> (32 - TABLE_BITS)]!
    }
    state = x
  }
}
