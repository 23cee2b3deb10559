// What a reviewer has painted. It is kept in the review form, so that it is sent with the decision and survives the replacement of the images.
import type { Stroke } from '../../domain/brush.ts'
import type { PlaneView } from '../../domain/shown-images.ts'
import type { Grid, Vec3 } from '../../domain/volume.ts'
import type { BrushLimits } from '../viewer-section.ts'
import { slicePoint } from './geometry.ts'
import { isObject, jsonIn } from './page-data.ts'

export interface Painted {
  /** The same array until something changes. */
  all(): readonly Stroke[]
  /** False if the review has no room for more. */
  add(stroke: Stroke): boolean
  undo(): void
}

export function createPainted(limits: BrushLimits): Painted {
  const box = () => document.querySelector<HTMLInputElement>('.review-form input[name="strokes"]')
  let last = { text: '[]', strokes: [] as Stroke[] }
  const read = (): Stroke[] => {
    const field = box()
    // Disabled if the chosen decision takes no edits: nothing would be sent.
    const text = field?.checked && !field.matches(':disabled') ? field.value || '[]' : '[]'
    if (text !== last.text) last = { text, strokes: strokesIn(text) }
    return last.strokes
  }
  const write = (strokes: readonly Stroke[]) => {
    const field = box()
    if (!field) return
    field.value = JSON.stringify(strokes)
    field.checked = strokes.length > 0
    field.closest('tr')!.hidden = false
    for (const event of ['input', 'change']) field.dispatchEvent(new Event(event, { bubbles: true }))
  }
  return {
    all: read,
    add(stroke) {
      const field = box()
      if (!field) return false
      meanEdits(field.form!)
      const strokes = [...read(), stroke]
      const points = strokes.reduce((sum, one) => sum + one.points.length, 0)
      if (strokes.length > limits.strokes || points > limits.points) return false
      write(strokes)
      return true
    },
    undo() {
      write(read().slice(0, -1))
    },
  }
}

/** Painting implies "accept with edits"; the form then starts with the edits of the previous review. */
function meanEdits(form: HTMLFormElement): void {
  const choice = form.querySelector<HTMLInputElement>('input[name="decision"][value="accept-with-edits"]')!
  if (choice.checked) return
  choice.checked = true
  choice.dispatchEvent(new Event('change', { bubbles: true }))
}

/** Strokes that may reach a slice; including one that only comes near does no harm. */
export function reaching(
  grid: Grid,
  view: PlaneView,
  index: number,
  strokes: readonly Stroke[],
): { stroke: Stroke; number: number }[] {
  return strokes.flatMap((stroke, number) => {
    const reach = Math.max(stroke.radiusMm, view.spacing)
    return stroke.points.some((point) => slicePoint(grid, view, point, index).beyondMm <= reach)
      ? [{ stroke, number }]
      : []
  })
}

/** Points between two positions, including the last, so close together that the brush leaves no gaps. */
export function pointsBetween(from: Vec3, to: Vec3, radiusMm: number): Vec3[] {
  const step = Math.max(0.3, radiusMm * 0.4)
  const mm = Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2])
  const count = Math.floor(mm / step)
  return Array.from({ length: count }, (_, n) => {
    const part = ((n + 1) * step) / mm
    const at = (axis: 0 | 1 | 2) => round(from[axis] + part * (to[axis] - from[axis]))
    return [at(0), at(1), at(2)]
  })
}

/** A hundredth of a millimetre is smaller than any voxel. */
export const round = (mm: number) => Math.round(100 * mm) / 100

/** Whoever else wrote the field, a script of an extension for example, has painted nothing; the server checks what is sent by its schema. */
function strokesIn(text: string): Stroke[] {
  const list = jsonIn(text)
  const isStroke = (value: unknown): value is Stroke =>
    isObject(value) &&
    typeof value.label === 'number' &&
    typeof value.radiusMm === 'number' &&
    Array.isArray(value.points)
  return Array.isArray(list) ? list.filter(isStroke) : []
}
