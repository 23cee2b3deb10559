// The brush: strokes by mouse, pen or keyboard, its controls, and the preview of a stroke until the server has outlined it.
import type { Stroke } from '../../domain/brush.ts'
import type { Plane } from '../../domain/shown-images.ts'
import type { Vec3 } from '../../domain/volume.ts'
import { acrossOf, onSlice, patientPoint } from './geometry.ts'
import type { Actions } from './state.ts'
import { type Painted, pointsBetween, round } from './strokes.ts'
import { fill } from './words.ts'

export interface Brush {
  /** The stroke in progress. */
  underWay(): Stroke | undefined
  start(plane: Plane, point: readonly [number, number]): void
  move(plane: Plane, point: readonly [number, number]): void
  end(): void
  /** Of the keyboard: paints at the crosshair while the pen is down. */
  penDown(): void
  step(across: number, down: number): void
  control(name: string, value?: number): void
  undo(): void
  /** Updates the controls to match the state. */
  show(): void
}

/** By how many mm a key changes the radius. */
const SIZE_STEP = 0.5
const MIN_RADIUS_MM = 0.5

export function createBrush(section: HTMLElement, act: Actions, painted: Painted): Brush | undefined {
  const { data, state } = act
  const bar = section.querySelector<HTMLElement>('.brush-bar')
  if (!data.brush || !bar) return undefined
  const { limits, words } = data.brush
  const { brush } = state
  const size = bar.querySelector<HTMLInputElement>('[data-brush="size"]')!
  const says = bar.querySelector<HTMLElement>('.brush-says')!
  let stroke: Stroke | undefined
  let refused = false

  const place = (plane: Plane, point: readonly [number, number]): Vec3 => {
    const [x, y, z] = patientPoint(data.grid, act.view(plane), point, act.index(plane))
    return [round(x), round(y), round(z)]
  }
  const atCursor = () => place(state.plane, onSlice(act.view(), state.cursor))

  function begin(plane: Plane, first: Vec3): void {
    const across = acrossOf(data.grid, act.view(plane))
    const { label, radiusMm, isBall } = brush
    stroke = { label, radiusMm, ...(!isBall && { across }), points: [first] }
    refused = false
    act.paint()
  }

  function extend(to: Vec3): void {
    const last = stroke?.points.at(-1)
    if (!stroke || !last || stroke.points.length >= limits.points) return
    const points = pointsBetween(last, to, stroke.radiusMm)
    if (points.length === 0) return
    stroke.points.push(...points.slice(0, limits.points - stroke.points.length))
    act.paint()
  }

  function control(name: string, value = 0): void {
    if (name === 'label') {
      brush.label = value
      if (value !== 0) brush.paint = value
      // Whatever is painted must be visible.
      state.hidden.delete(value)
      state.lines = true
    } else if (name === 'next') {
      const labels = data.segments.map(({ label }) => label)
      control('label', labels[(labels.indexOf(brush.paint) + (brush.label === 0 ? 0 : 1)) % labels.length]!)
    } else if (name === 'erase') brush.label = brush.label === 0 ? brush.paint : 0
    else if (name === 'ball') brush.isBall = !brush.isBall
    else if (name === 'size') brush.radiusMm = Math.min(limits.radiusMm, Math.max(MIN_RADIUS_MM, value))
    else if (name === 'larger' || name === 'smaller')
      control('size', brush.radiusMm + (name === 'larger' ? SIZE_STEP : -SIZE_STEP))
    act.paint()
  }

  return {
    underWay: () => stroke,
    start(plane, point) {
      begin(plane, place(plane, point))
    },
    move(plane, point) {
      extend(place(plane, point))
    },
    end() {
      if (!stroke) return
      refused = !painted.add(stroke)
      stroke = undefined
      act.update()
    },
    penDown() {
      if (!stroke) begin(state.plane, atCursor())
    },
    step(across, down) {
      const { axes, isFlipped, width, height } = act.view()
      const cursor: [number, number, number] = [...state.cursor]
      const move = (axis: 0 | 1 | 2, by: number, count: number) => {
        cursor[axis] = Math.min(count - 1, Math.max(0, cursor[axis] + by))
      }
      move(axes[0], across, width)
      move(axes[1], isFlipped ? -down : down, height)
      state.cursor = cursor
      if (stroke) extend(atCursor())
      act.update()
    },
    control,
    undo() {
      painted.undo()
      act.update()
    },
    show() {
      bar.hidden = state.tool !== 'draw'
      for (const button of bar.querySelectorAll<HTMLElement>('[data-label]'))
        button.setAttribute('aria-pressed', String(Number(button.dataset.label) === brush.label))
      bar.querySelector('[data-brush="ball"]')!.setAttribute('aria-pressed', String(brush.isBall))
      size.value = String(2 * brush.radiusMm)
      const { length } = painted.all()
      const drawn = fill(length === 1 ? words.one : words.some, { n: length })
      const text = `${fill(words.size, { mm: 2 * brush.radiusMm })}. ${refused ? words.full : drawn}`
      if (says.textContent !== text) says.textContent = text
    },
  }
}

/** Handles clicks and the slider of the brush's toolbar. */
export function bindBrush(section: HTMLElement, brush: Brush): void {
  section.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest<HTMLElement>('.brush-bar button')
    if (!button) return
    if (button.dataset.label) brush.control('label', Number(button.dataset.label))
    else if (button.dataset.brush === 'undo') brush.undo()
    else brush.control(button.dataset.brush!)
  })
  section
    .querySelector<HTMLInputElement>('[data-brush="size"]')!
    .addEventListener('input', ({ target }) => brush.control('size', Number((target as HTMLInputElement).value) / 2))
}
