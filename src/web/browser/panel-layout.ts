// How panels are arranged: as many side by side as fit, current above prior. Pure.
import type { Plane, PlaneView } from '../../domain/shown-images.ts'
import type { Box } from './geometry.ts'
import type { PanelSpec } from './state.ts'

const GAP = 4
const MIN_HEIGHT = 120
/** The share of the window's height that the images may take. */
const TALLEST = 0.74
/** Below this many pixels, two panels share a row. */
const NARROW = 900

export interface Arranged {
  size: Box
  columns: number
  /** For each panel its position, and the column that a prior shares with the current image. */
  places: { order: number; column: number | 'auto' }[]
}

export function arrange(specs: readonly PanelSpec[], viewOf: (plane: Plane) => PlaneView, room: Box): Arranged {
  const own = specs.filter(({ image }) => !image.isPrior)
  const hasPrior = own.length < specs.length
  const columns = Math.max(1, Math.min(own.length, room.width < NARROW ? 2 : 6))
  const isWrapped = columns < own.length
  const rows = Math.ceil(own.length / columns) * (hasPrior ? 2 : 1)
  const aspect = Math.min(
    ...specs.map(({ plane }) => {
      const { width, height, pixel } = viewOf(plane)
      return (width * pixel[0]) / (height * pixel[1])
    }),
  )
  const width = (room.width - GAP * (columns - 1)) / columns
  const tallest = (TALLEST * room.height) / (isWrapped ? 1 : rows)
  const height = Math.max(MIN_HEIGHT, Math.min(width / aspect, tallest))
  const places = specs.map(({ image, plane }) => {
    const n = own.findIndex((one) => one.plane === plane && one.image.sequence === image.sequence)
    // When wrapped, each current image has its prior beside it.
    if (isWrapped) return { order: 2 * n + (image.isPrior ? 1 : 0), column: 'auto' as const }
    return { order: n + (image.isPrior ? 100 : 0), column: n + 1 }
  })
  return { size: { width: Math.floor(width), height: Math.floor(height) }, columns, places }
}
