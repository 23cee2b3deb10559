// The maximal correlation coefficient of a joint distribution (pyradiomics GLCM "Maximal Correlation Coefficient (MCC)").
import type { Joint } from './joint.ts'

type SparseShares = Pick<Joint, 'row' | 'column' | 'p' | 'px' | 'py'>

/**
 * The square root of the second largest eigenvalue of Q(i, j) = sum over k of p(i, k) p(j, k) / (px(i) py(k)). Q is similar to
 * M M' with M(i, k) = p(i, k) / sqrt(px(i) py(k)), whose leading eigenvector is sqrt(px) with eigenvalue 1; the next is found
 * in the orthogonal complement by Lanczos' method with full reorthogonalisation.
 */
export function maximalCorrelation({ row, column, p, px, py }: SparseShares): number {
  const size = px.length
  const weights = p.map((share, n) => share / Math.sqrt(px[row[n]!]! * py[column[n]!]!))
  const apply = (vector: Float64Array) => {
    const across = new Float64Array(size)
    for (let n = 0; n < weights.length; n++) across[column[n]!]! += weights[n]! * vector[row[n]!]!
    const back = new Float64Array(size)
    for (let n = 0; n < weights.length; n++) back[row[n]!]! += weights[n]! * across[column[n]!]!
    return back
  }
  const basis = [px.map(Math.sqrt)]
  let next = px.map((share, i) => (share > 0 ? Math.sin(12.9898 * (i + 1)) + 0.5 : 0))
  const diagonal: number[] = []
  const off: number[] = []
  let eigenvalue = 0
  const levels = px.reduce((count, share) => (share > 0 ? count + 1 : count), 0)
  for (let step = 1; step < levels; step++) {
    const norm = orthogonalise(next, basis)
    if (norm < 1e-10) break
    const unit = next.map((value) => value / norm)
    if (step > 1) off.push(norm)
    basis.push(unit)
    next = apply(unit)
    diagonal.push(inner(next, unit))
    const largest = largestEigenvalue(diagonal, off)
    if (step > 8 && Math.abs(largest - eigenvalue) <= 1e-12 * largest) return Math.sqrt(largest)
    eigenvalue = largest
  }
  return Math.sqrt(eigenvalue)
}

/** Removes the basis from the vector, twice for accuracy; returns the remaining length. */
function orthogonalise(vector: Float64Array, basis: readonly Float64Array[]): number {
  for (let pass = 0; pass < 2; pass++) {
    for (const unit of basis) {
      const part = inner(vector, unit)
      for (let n = 0; n < vector.length; n++) vector[n]! -= part * unit[n]!
    }
  }
  return Math.sqrt(inner(vector, vector))
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let n = 0; n < a.length; n++) sum += a[n]! * b[n]!
  return sum
}

/** Largest eigenvalue of a symmetric tridiagonal matrix without negative eigenvalues, by bisection on Sturm's count. */
function largestEigenvalue(diagonal: readonly number[], off: readonly number[]): number {
  let low = 0
  let high = Math.max(...diagonal.map((value, n) => value + Math.abs(off[n - 1] ?? 0) + Math.abs(off[n] ?? 0)))
  const isAbove = (x: number) => {
    let pivot = 1
    for (let n = 0; n < diagonal.length; n++) {
      const coupling = n === 0 ? 0 : off[n - 1]! ** 2 / pivot
      pivot = diagonal[n]! - x - coupling
      if (pivot >= 0) return false
    }
    return true
  }
  while (high - low > 1e-14 * Math.max(1, high)) {
    const middle = (low + high) / 2
    if (isAbove(middle)) high = middle
    else low = middle
  }
  return high
}
