// Mouse, pen and wheel on the panels: the wheel scrolls, dragging points, windows or measures, and with Shift moves the picture.
import { fromCanvas, voxelAt } from './geometry.ts'
import type { Panels } from './panels.ts'
import type { Actions, Tool } from './state.ts'

/** Pixels of the wheel that make one slice, where it turns smoothly. */
const WHEEL_STEP = 40

export function bindPointer(host: HTMLElement, panels: Panels, act: Actions): void {
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
      // Down the wheel is down the head.
      if (steps !== 0) act.scroll(-steps)
    },
    { passive: false },
  )

  let drag: { kind: Tool | 'pan'; sequence: string; x: number; y: number } | undefined
  host.addEventListener('pointerdown', (event) => {
    const hit = panels.at(event.clientX, event.clientY)
    if (!hit) return
    event.preventDefault()
    host.focus({ preventScroll: true })
    host.setPointerCapture(event.pointerId)
    const kind = event.button === 2 ? 'window' : event.shiftKey || event.button === 1 ? 'pan' : state.tool
    drag = { kind, sequence: hit.image.sequence, x: event.clientX, y: event.clientY }
    const point = fromCanvas(hit.placing, hit.x, hit.y)
    if (kind === 'point') act.goTo(voxelAt(act.view(), point, act.index()))
    if (kind === 'measure') state.ruler = { from: point, to: point, plane: state.plane, index: act.index() }
  })
  host.addEventListener('pointermove', (event) => {
    if (!drag) return
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y]
    if (drag.kind === 'window') act.window(drag.sequence, dy / 300, dx / 200)
    const hit = panels.at(event.clientX, event.clientY)
    if (drag.kind === 'pan' && hit) {
      const { perMm } = hit.placing
      state.sight = { ...state.sight, pan: [state.sight.pan[0] - dx / perMm, state.sight.pan[1] - dy / perMm] }
      act.paint()
    }
    if (hit) {
      const point = fromCanvas(hit.placing, hit.x, hit.y)
      if (drag.kind === 'point') act.goTo(voxelAt(act.view(), point, act.index()))
      if (drag.kind === 'measure' && state.ruler) {
        state.ruler = { ...state.ruler, to: point }
        act.paint()
      }
    }
    drag = { ...drag, x: event.clientX, y: event.clientY }
  })
  const end = () => {
    drag = undefined
  }
  host.addEventListener('pointerup', end)
  host.addEventListener('pointercancel', end)
  host.addEventListener('contextmenu', (event) => event.preventDefault())
  host.addEventListener('dblclick', (event) => {
    const hit = panels.at(event.clientX, event.clientY)
    if (hit) act.alone(hit.image.sequence)
  })
}
