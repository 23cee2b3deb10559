// Outlines of a sampled mask: marching squares with linear interpolation (after Lorensen and Cline, in two dimensions).

/** A closed outline in pixel coordinates of the sampled plane. */
export type Outline = [number, number][]

/**
 * Closed lines where the field crosses 0.5. `field` holds width * height values, row by row. The field counts as 0 outside, so
 * every outline closes. Saddles are resolved by the mean of their corners.
 */
export function traceOutlines(field: Float32Array, width: number, height: number): Outline[] {
  const level = 0.5
  const at = (u: number, v: number) => (u < 0 || v < 0 || u >= width || v >= height ? 0 : field[u + width * v]!)
  /** Edge → the next edge and the point on this one. Each edge is crossed at most once, so it identifies the point. */
  const next = new Map<number, { to: number; point: [number, number] }>()
  const columns = width + 2
  const horizontal = (u: number, v: number) => 2 * (u + 1 + columns * (v + 1))
  const vertical = (u: number, v: number) => horizontal(u, v) + 1
  const part = (a: number, b: number) => (level - a) / (b - a)

  for (let v = -1; v < height; v++) {
    for (let u = -1; u < width; u++) {
      const [a, b, c, d] = [at(u, v), at(u + 1, v), at(u + 1, v + 1), at(u, v + 1)]
      const corners = (a >= level ? 1 : 0) | (b >= level ? 2 : 0) | (c >= level ? 4 : 0) | (d >= level ? 8 : 0)
      if (corners === 0 || corners === 15) continue
      const edges = {
        top: { id: horizontal(u, v), point: [u + part(a, b), v] },
        right: { id: vertical(u + 1, v), point: [u + 1, v + part(b, c)] },
        bottom: { id: horizontal(u, v + 1), point: [u + part(d, c), v + 1] },
        left: { id: vertical(u, v), point: [u, v + part(a, d)] },
      } satisfies Record<string, { id: number; point: [number, number] }>
      const filled = (a + b + c + d) / 4 >= level
      for (const [from, to] of segmentsOf(corners, filled)) {
        next.set(edges[from].id, { to: edges[to].id, point: edges[from].point })
      }
    }
  }

  const outlines: Outline[] = []
  while (next.size > 0) {
    const start = next.keys().next().value!
    const outline: Outline = []
    for (let id = start, step = next.get(id); step; id = step.to, step = next.get(id)) {
      outline.push(step.point)
      next.delete(id)
    }
    outlines.push(outline)
  }
  return outlines
}

type Edge = 'top' | 'right' | 'bottom' | 'left'

/** Directed segments with the inside on their right; bit 1 = top left, 2 = top right, 4 = bottom right, 8 = bottom left. */
function segmentsOf(corners: number, filled: boolean): [Edge, Edge][] {
  if (corners === 5)
    return filled
      ? [
          ['top', 'right'],
          ['bottom', 'left'],
        ]
      : [
          ['top', 'left'],
          ['bottom', 'right'],
        ]
  if (corners === 10)
    return filled
      ? [
          ['left', 'top'],
          ['right', 'bottom'],
        ]
      : [
          ['right', 'top'],
          ['left', 'bottom'],
        ]
  return [SINGLE[corners]!]
}

const SINGLE: Readonly<Record<number, [Edge, Edge]>> = {
  1: ['top', 'left'],
  2: ['right', 'top'],
  3: ['right', 'left'],
  4: ['bottom', 'right'],
  6: ['bottom', 'top'],
  7: ['bottom', 'left'],
  8: ['left', 'bottom'],
  9: ['top', 'bottom'],
  11: ['right', 'bottom'],
  12: ['left', 'right'],
  13: ['top', 'right'],
  14: ['left', 'top'],
}

/** Signed area enclosed, in square pixels (shoelace); the sign tells filled outlines from holes. */
export function areaOf(outline: Outline): number {
  return outline.reduce((sum, [x, y], n) => {
    const [nx, ny] = outline[(n + 1) % outline.length]!
    return sum + (x * ny - nx * y) / 2
  }, 0)
}
