// What mouse, keyboard and buttons do to the viewer's state.
import type { Index, Plane, PlaneView } from '../../domain/shown-images.ts'
import type { ViewerData } from '../viewer-section.ts'
import { type Actions, firstState, type Tool, type ViewerState } from './state.ts'

export interface Effects {
  update(): void
  paint(): void
  /** Shows or hides the list of keys. */
  toggleKeys(): void
}

const MAX_ZOOM = 12
const STORED = 4095
const FLAGS = ['fills', 'crosshair', 'prior', 'check'] as const

export function createActions(data: ViewerData, state: ViewerState, { update, paint, toggleKeys }: Effects): Actions {
  const view = (plane = state.plane): PlaneView => data.planes.find((one) => one.plane === plane)!
  const index = (plane = state.plane) => state.cursor[view(plane).axes[2]]

  function goToSlice(to: number, plane = state.plane): void {
    const { axes, count } = view(plane)
    const at = Math.min(count - 1, Math.max(0, to))
    if (at === index(plane)) return
    const cursor: [number, number, number] = [...state.cursor]
    cursor[axes[2]] = at
    state.cursor = cursor
    state.ruler = undefined
    update()
  }

  function setPlane(plane: Plane): void {
    if (plane !== state.plane && state.layout === 'sequences') state.sight = { zoom: 1, pans: {} }
    state.plane = plane
    state.ruler = undefined
    update()
  }

  function control(name: string): void {
    if ((name === 'prior' && !data.prior) || (name === 'tool-draw' && !data.brush)) return
    const flag = FLAGS.find((one) => one === name)
    if (flag) state[flag] = !state[flag]
    else if (name === 'keys') toggleKeys()
    else if (name.startsWith('plane-')) setPlane(name.slice('plane-'.length) as Plane)
    else if (name.startsWith('tool-')) state.tool = name.slice('tool-'.length) as Tool
    else if (name === 'outlines') state.lines = !state.lines
    else if (name === 'planes') state.layout = state.layout === 'planes' ? 'sequences' : 'planes'
    else if (name === 'reset') {
      const { plane, cursor, brush, layout } = state
      Object.assign(state, firstState(data), { plane, cursor, brush, layout })
    }
    if (name === 'planes' || name === 'reset') state.sight = { zoom: 1, pans: {} }
    update()
  }

  return {
    data,
    state,
    view,
    index,
    update,
    paint,
    goToSlice,
    setPlane,
    control,
    scroll(by, plane = state.plane) {
      goToSlice(index(plane) + by, plane)
    },
    goTo(cursor: Index, plane = state.plane) {
      state.cursor = cursor
      setPlane(plane)
    },
    alone(sequence) {
      state.alone = state.alone === sequence ? undefined : sequence
      update()
    },
    opacity(to) {
      state.opacity = Math.min(0.8, Math.max(0.05, to))
      state.fills = true
      paint()
    },
    window(sequence, centreBy, widthBy) {
      for (const { name, sequence: of } of data.images) {
        if (sequence && of !== sequence) continue
        const [low, high] = state.windows.get(name)!
        const width = Math.min(STORED, Math.max(16, (high - low) * (1 + widthBy)))
        const centre = Math.min(STORED, Math.max(0, (low + high) / 2 + centreBy * (high - low)))
        const black = Math.round(Math.min(STORED - 1, Math.max(0, centre - width / 2)))
        state.windows.set(name, [black, Math.round(Math.min(STORED, Math.max(black + 1, centre + width / 2)))])
      }
      update()
    },
    zoom(factor) {
      const zoom = Math.min(MAX_ZOOM, Math.max(1, state.sight.zoom * factor))
      state.sight = zoom === 1 ? { zoom, pans: {} } : { ...state.sight, zoom }
      paint()
    },
  }
}
