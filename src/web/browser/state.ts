// What the viewer shows now, and what can be asked of it.
import type { ImageName, Index, Plane, PlaneView, ShownImage, Window } from '../../domain/shown-images.ts'
import type { ViewerData } from '../viewer-section.ts'
import type { PlacedSight } from './geometry.ts'

export type Tool = 'point' | 'window' | 'measure' | 'draw'

export interface BrushState {
  /** 0 erases. */
  label: number
  /** The label to paint when not erasing. */
  paint: number
  radiusMm: number
  /** A ball in space; otherwise a disc on its slice. */
  isBall: boolean
}

export interface ViewerState {
  /** One plane of every sequence, or every plane of one sequence. */
  layout: 'sequences' | 'planes'
  /** The plane that is shown, or, when all are shown, the one that the keyboard scrolls. */
  plane: Plane
  cursor: Index
  lines: boolean
  fills: boolean
  opacity: number
  hidden: Set<number>
  crosshair: boolean
  prior: boolean
  check: boolean
  /** Shows the other sequence in every panel while a key is held. */
  swapped: boolean
  tool: Tool
  brush: BrushState
  /** Only this sequence, enlarged. */
  alone: string | undefined
  windows: Map<ImageName, Window>
  sight: PlacedSight
  ruler: { from: [number, number]; to: [number, number]; plane: Plane; index: number } | undefined
}

export interface Actions {
  data: ViewerData
  state: ViewerState
  view(plane?: Plane): PlaneView
  index(plane?: Plane): number
  /** After a change of position, plane, window or images. */
  update(): void
  /** After a change of what is drawn over the images. */
  paint(): void
  scroll(by: number, plane?: Plane): void
  goToSlice(to: number): void
  goTo(cursor: Index, plane?: Plane): void
  setPlane(plane: Plane): void
  control(name: string): void
  alone(sequence: string | undefined): void
  opacity(to: number): void
  /** Moves the window of one sequence, or of all, by fractions of its width; the prior's window moves along. */
  window(sequence: string | undefined, centreBy: number, widthBy: number): void
  zoom(factor: number): void
}

export function firstState(data: ViewerData): ViewerState {
  const paint = data.segments[0]?.label ?? 1
  return {
    layout: 'sequences',
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
    brush: { label: paint, paint, radiusMm: 4, isBall: false },
    alone: undefined,
    windows: new Map(data.images.map(({ name, window }) => [name, window])),
    sight: { zoom: 1, pans: {} },
    ruler: undefined,
  }
}

/** A panel: one image in one plane. */
export interface PanelSpec {
  key: string
  image: ShownImage
  plane: Plane
}

/** What is shown at once: the current study above the prior, with sequences or planes side by side. */
export function panelSpecs({ images, planes }: ViewerData, { layout, plane, prior, alone }: ViewerState): PanelSpec[] {
  const fresh = images.filter(({ isPrior }) => !isPrior)
  const preferred = fresh.find(({ sequence }) => sequence === 'T1c') ?? fresh[0]
  const only = alone ?? (layout === 'planes' ? preferred?.sequence : undefined)
  const shown = images.filter(({ isPrior, sequence }) => (prior || !isPrior) && (!only || sequence === only))
  const all = layout === 'planes' ? planes.map((view) => view.plane) : [plane]
  return all.flatMap((one) => shown.map((image) => ({ key: `${image.name} ${one}`, image, plane: one })))
}
