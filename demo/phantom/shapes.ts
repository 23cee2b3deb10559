// Signed distances in mm (negative inside) of the simple bodies that the head is made of.

/** Ellipsoid about (cx, cy, cz), to first order. */
export function ellipsoid(
  x: number,
  y: number,
  z: number,
  cx: number,
  cy: number,
  cz: number,
  rx: number,
  ry: number,
  rz: number,
): number {
  const ax = (x - cx) / rx
  const ay = (y - cy) / ry
  const az = (z - cz) / rz
  const k0 = Math.sqrt(ax * ax + ay * ay + az * az)
  const bx = ax / rx
  const by = ay / ry
  const bz = az / rz
  const k1 = Math.sqrt(bx * bx + by * by + bz * bz)
  return k1 < 1e-9 ? -Math.min(rx, ry, rz) : (k0 * (k0 - 1)) / k1
}

/** Chain of round cones through points (x, y, z, radius); farther than `far` mm outside of its box it returns just `far`. */
export function createTube(
  points: readonly (readonly [number, number, number, number])[],
  far = 12,
): (x: number, y: number, z: number) => number {
  const widest = Math.max(...points.map((point) => point[3]))
  const bound = (axis: 0 | 1 | 2, sign: -1 | 1) =>
    sign * (Math.max(...points.map((point) => sign * point[axis])) + widest + far)
  const [x0, x1, y0, y1, z0, z1] = [
    bound(0, -1),
    bound(0, 1),
    bound(1, -1),
    bound(1, 1),
    bound(2, -1),
    bound(2, 1),
  ] as const
  const parts = points.slice(1).map((b, n) => {
    const a = points[n]!
    const [dx, dy, dz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]] as const
    return [a[0], a[1], a[2], a[3], dx, dy, dz, b[3] - a[3], 1 / (dx * dx + dy * dy + dz * dz)]
  })
  const table = Float64Array.from(parts.flat())
  const length = table.length
  return (x, y, z) => {
    if (x < x0 || x > x1 || y < y0 || y > y1 || z < z0 || z > z1) return far
    let nearest = 1e9
    for (let n = 0; n < length; n += 9) {
      const px = x - table[n]!
      const py = y - table[n + 1]!
      const pz = z - table[n + 2]!
      const dx = table[n + 4]!
      const dy = table[n + 5]!
      const dz = table[n + 6]!
      const along = (px * dx + py * dy + pz * dz) * table[n + 8]!
      const t = Math.max(0, Math.min(1, along))
      const qx = px - t * dx
      const qy = py - t * dy
      const qz = pz - t * dz
      const distance = Math.sqrt(qx * qx + qy * qy + qz * qz) - table[n + 3]! - t * table[n + 7]!
      if (distance < nearest) nearest = distance
    }
    return nearest
  }
}

/** Union of two bodies with a fillet of about k mm. */
export function join(a: number, b: number, k: number): number {
  const h = Math.max(k - Math.abs(a - b), 0) / k
  return Math.min(a, b) - h * h * k * 0.25
}

/** Intersection with a rounded edge of about k mm. */
export function meet(a: number, b: number, k: number): number {
  return -join(-a, -b, k)
}
