// Nested regions, such as whole tumour, core and enhancing tumour, and the one label by which each differs from the next.

/** The widest region first; `label` is the index that belongs to this region but not to the next. */
export type RegionChain = { region: string; label: number }[]

/** Why the regions are not nested, in words; every label must be added by exactly one of them. */
export function regionChain(
  regions: Readonly<Record<string, readonly number[]>>,
  labels: readonly { index: number }[],
): RegionChain | string {
  const sorted = Object.entries(regions).toSorted(([, a], [, b]) => b.length - a.length)
  const chain: RegionChain = []
  for (const [n, [region, members]] of sorted.entries()) {
    const inner = sorted[n + 1]?.[1] ?? []
    const outside = inner.find((index) => !members.includes(index))
    const own = members.filter((index) => !inner.includes(index))
    if (outside !== undefined) return `label ${outside} of ${sorted[n + 1]![0]} is not in ${region}, which must hold it`
    if (own.length !== 1) return `${region} must add exactly one label to the next narrower region, not ${own.length}`
    chain.push({ region, label: own[0]! })
  }
  const unnested = labels.find(({ index }) => !chain.some(({ label }) => label === index))
  return unnested ? `label ${unnested.index} is in none of them` : chain
}
