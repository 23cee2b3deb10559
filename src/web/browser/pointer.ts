// Mouse, pen and wheel on the panels: the wheel scrolls; dragging points, windows, measures or paints, and with Shift moves the picture.
import type { Plane } from '../../domain/shown-images.ts'
import type { Brush } from './brush.ts'
import { fromCanvas, voxelAt } from './geometry.ts'
import type { Hit, Panels } from './panels.ts'
import type { Actions, Tool } from './state.ts'

/** Wheel pixels per slice, for wheels that scroll smoothly. */
const WHEEL_STEP = 40

export function bindPointer(host: HTMLElement, panels: Panels, act: Actions, brush: Brush | undefined): void {
  const { state } = act
  let turned = 0
  host.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      if (event.ctrlKey) {
        act.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15)
        return
      }
      turned += event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * WHEEL_STEP
      const steps = Math.trunc(turned / WHEEL_STEP)
      turned -= steps * WHEEL_STEP
      // Scrolling down moves down the head.
      const plane = panels.at(event.clientX, event.clientY)?.plane ?? state.plane
      if (steps !== 0) act.scroll(-steps, plane)
    },
    { passive: false },
  )

  let drag: { kind: Tool | 'pan'; sequence: string; plane: Plane; x: number; y: number } | undefined
  const pointAt = (hit: Hit) => {
    const point = fromCanvas(hit.placing, hit.x, hit.y)
    return { point, voxel: voxelAt(act.view(hit.plane), point, act.index(hit.plane)) }
  }
  host.addEventListener('pointerdown', (event) => {
    const hit = panels.at(event.clientX, event.clientY)
    if (!hit) return
    event.preventDefault()
    host.focus({ preventScroll: true })
    host.setPointerCapture(event.pointerId)
    const kind = event.button === 2 ? 'window' : event.shiftKey || event.button === 1 ? 'pan' : state.tool
    drag = { kind, sequence: hit.image.sequence, plane: hit.plane, x: event.clientX, y: event.clientY }
    const { point, voxel } = pointAt(hit)
    if (kind === 'point') act.goTo(voxel, hit.plane)
    if (kind === 'measure') state.ruler = { from: point, to: point, plane: hit.plane, index: act.index(hit.plane) }
    if (kind === 'draw') brush?.start(hit.plane, point)
  })
  host.addEventListener('pointermove', (event) => {
    if (!drag) return
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y]
    if (drag.kind === 'window') act.window(drag.sequence, dy / 300, dx / 200)
    const hit = panels.at(event.clientX, event.clientY)
    // Dragging out of a panel does not switch to another plane.
    if (hit && hit.plane === drag.plane) {
      const { perMm } = hit.placing
      const { point, voxel } = pointAt(hit)
      if (drag.kind === 'pan') {
        const [x, y] = state.sight.pans[hit.plane] ?? [0, 0]
        const pans = { ...state.sight.pans, [hit.plane]: [x - dx / perMm, y - dy / perMm] as const }
        state.sight = { ...state.sight, pans }
        act.paint()
      }
      if (drag.kind === 'point') act.goTo(voxel, hit.plane)
      if (drag.kind === 'draw') brush?.move(hit.plane, point)
      if (drag.kind === 'measure' && state.ruler) {
        state.ruler = { ...state.ruler, to: point }
        act.paint()
      }
    }
    drag = { ...drag, x: event.clientX, y: event.clientY }
  })
  const end = () => {
    if (drag?.kind === 'draw') brush?.end()
    drag = undefined
  }
  host.addEventListener('pointerup', end)
  host.addEventListener('pointercancel', end)
  host.addEventListener('contextmenu', (event) => event.preventDefault())
  host.addEventListener('dblclick', (event) => {
    const hit = panels.at(event.clientX, event.clientY)
    if (hit && state.tool !== 'draw') act.alone(hit.image.sequence)
  })
}
