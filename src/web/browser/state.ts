// What the viewer shows now, and what can be asked of it.
import type { ImageName, Index, Plane, PlaneView, Window } from '../../domain/shown-images.ts'
import type { ViewerData } from '../viewer-section.ts'

export type Tool = 'point' | 'window' | 'measure'

export interface ViewerState {
  plane: Plane
  cursor: Index
  lines: boolean
  fills: boolean
  opacity: number
  hidden: Set<number>
  crosshair: boolean
  prior: boolean
  check: boolean
  /** The other sequence in every panel, as long as a key is held. */
  swapped: boolean
  tool: Tool
  /** Only this sequence, large. */
  alone: string | undefined
  windows: Map<ImageName, Window>
  sight: { zoom: number; pan: readonly [number, number] }
  ruler: { from: [number, number]; to: [number, number]; plane: Plane; index: number } | undefined
}

export interface Actions {
  data: ViewerData
  state: ViewerState
  view(): PlaneView
  index(): number
  /** After a change of place, plane, window or images. */
  update(): void
  /** After a change of what is drawn over the pictures. */
  paint(): void
  scroll(by: number): void
  goToSlice(to: number): void
  goTo(cursor: Index, plane?: Plane): void
  setPlane(plane: Plane): void
  control(name: string): void
  alone(sequence: string | undefined): void
  opacity(to: number): void
  /** Moves the window of a sequence, or of all, by shares of its width; the prior's goes with it. */
  window(sequence: string | undefined, centreBy: number, widthBy: number): void
  zoom(factor: number): void
}

export function firstState(data: ViewerData): ViewerState {
  return {
    plane: 'axial',
    cursor: data.start,
    lines: true,
    fills: false,
    opacity: 0.35,
    hidden: new Set(),
    crosshair: true,
    prior: false,
    check: false,
    swapped: false,
    tool: 'point',
    alone: undefined,
    windows: new Map(data.images.map(({ name, window }) => [name, window])),
    sight: { zoom: 1, pan: [0, 0] },
    ruler: undefined,
  }
}
