// The panels: one canvas for each image, laid out for the room there is, all at the same place and scale.
import type { ImageName, Mark, PlaneView, ShownImage } from '../../domain/shown-images.ts'
import type { ViewerData } from '../viewer-section.ts'
import {
  drawChessboard,
  drawCrosshair,
  drawMarks,
  drawOutlines,
  drawPicture,
  drawRuler,
  drawWords,
  type Panel,
} from './draw.ts'
import { type Placing, place } from './geometry.ts'
import type { Slice } from './slices.ts'
import type { ViewerState } from './state.ts'
import { fill } from './words.ts'

export interface PanelState {
  slice: Slice
  view: PlaneView
  state: ViewerState
  marks: readonly Mark[]
}

export interface Panels {
  layout(images: readonly ShownImage[], state: ViewerState): void
  draw(of: PanelState): void
  /** The panel under a point of the window, with the point in its canvas. */
  at(clientX: number, clientY: number): { image: ShownImage; x: number; y: number; placing: Placing } | undefined
}

const SQUARE_MM = 18
const GAP = 4
/** Share of the window's height that the images may take. */
const TALLEST = 0.74

export function createPanels(host: HTMLElement, data: ViewerData): Panels {
  const canvases = new Map<ImageName, HTMLCanvasElement>()
  let shown: readonly ShownImage[] = []
  let size = { width: 0, height: 0 }
  let placing: Placing | undefined

  return {
    layout(images, { plane, prior }) {
      const view = data.planes.find((one) => one.plane === plane)!
      const own = images.filter(({ isPrior }) => !isPrior)
      const earlier = images.filter(({ isPrior }) => isPrior)
      // Current above prior, the same sequence in the same column.
      const columns = Math.min(own.length, host.clientWidth < 700 ? 2 : 6)
      const rows = Math.ceil(own.length / columns) * (prior && earlier.length > 0 ? 2 : 1)
      const aspect = (view.width * view.pixel[0]) / (view.height * view.pixel[1])
      const width = (host.clientWidth - GAP * (columns - 1)) / columns
      const tallest = (TALLEST * innerHeight) / (columns < own.length ? 1 : rows)
      const height = Math.max(120, Math.min(width / aspect, tallest))
      size = { width: Math.floor(width), height: Math.floor(height) }
      shown = images
      const names = new Set(images.map(({ name }) => name))
      for (const [name, canvas] of canvases) {
        if (names.has(name)) continue
        canvas.remove()
        canvases.delete(name)
      }
      host.style.setProperty('--columns', String(columns))
      for (const image of images) {
        const canvas = canvases.get(image.name) ?? document.createElement('canvas')
        canvases.set(image.name, canvas)
        canvas.setAttribute('role', 'img')
        const ratio = devicePixelRatio
        const [wide, high] = [Math.round(size.width * ratio), Math.round(size.height * ratio)]
        if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high })
        canvas.style.aspectRatio = `${size.width} / ${size.height}`
        const column = own.findIndex(({ sequence }) => sequence === image.sequence)
        canvas.style.order = String(
          columns < own.length ? 2 * column + (image.isPrior ? 1 : 0) : column + (image.isPrior ? 100 : 0),
        )
        canvas.style.gridColumn = columns < own.length ? 'auto' : String(column + 1)
        if (!canvas.isConnected) host.append(canvas)
      }
    },

    draw({ slice, view, state, marks }) {
      placing = place(view, size, state.sight)
      for (const image of shown) {
        const canvas = canvases.get(image.name)
        const context = canvas?.getContext('2d')
        const n = slice.images.indexOf(image.name)
        if (!canvas || !context || n < 0) continue
        context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
        context.fillStyle = '#000'
        context.fillRect(0, 0, size.width, size.height)
        const panel: Panel = { context, ...size, placing, view }
        const other = partner(image, shown)
        const otherN = other ? slice.images.indexOf(other.name) : -1
        const isSwapped = state.swapped && otherN >= 0
        drawPicture(panel, { picture: slice.picture, n: isSwapped ? otherN : n })
        const isChecked = state.check && otherN >= 0 && !isSwapped
        if (isChecked) drawChessboard(panel, { picture: slice.picture, n: otherN }, SQUARE_MM)
        const outlines = slice.outlines.filter(({ isPrior }) => isPrior === image.isPrior)
        if (!isChecked) drawOutlines(panel, outlines, { segments: data.segments, ...state })
        if (!image.isPrior && state.lines) drawMarks(panel, marks)
        if (state.crosshair) drawCrosshair(panel, state.cursor)
        const { ruler } = state
        if (ruler && ruler.plane === slice.plane && ruler.index === slice.index)
          drawRuler(panel, ruler.from, ruler.to, data.words.measured)
        const one = titleOf(image)
        const name = isSwapped ? titleOf(other!) : one
        const beside = isChecked ? [fill(data.words.against, { other: titleOf(other!) })] : []
        const prior = (isSwapped ? other! : image).isPrior ? [fill(data.words.prior, { date: data.priorDate })] : []
        drawWords(panel, { titles: [name, ...prior, ...beside], corner: windowText(image, state) })
        const segments = [...new Set(outlines.map(({ label }) => label))].flatMap(
          (label) => data.segments.find((segment) => segment.label === label)?.name ?? [],
        )
        canvas.setAttribute(
          'aria-label',
          fill(data.words.shows, {
            sequence: one,
            plane: data.planeNames[slice.plane]!.toLowerCase(),
            n: slice.index + 1,
            count: view.count,
            segments: segments.join(', ').toLowerCase() || data.words.nothing,
          }),
        )
      }
    },

    at(clientX, clientY) {
      for (const image of shown) {
        const box = canvases.get(image.name)?.getBoundingClientRect()
        if (!box || !placing) continue
        const [x, y] = [clientX - box.left, clientY - box.top]
        const perPixel = size.width / box.width
        if (x >= 0 && y >= 0 && x < box.width && y < box.height)
          return { image, x: x * perPixel, y: y * perPixel, placing }
      }
      return undefined
    },
  }

  function titleOf({ name }: ShownImage): string {
    return data.titles[name] ?? name
  }

  function windowText({ name, slope, intercept }: ShownImage, { windows }: ViewerState): string {
    const [low, high] = windows.get(name)!
    const value = (stored: number) => {
      const real = stored * slope
      return Math.abs(real) >= 10 || real === 0 ? String(Math.round(real)) : real.toPrecision(2)
    }
    const offset = slope === 0 ? 0 : intercept / slope
    return fill(data.words.window, { centre: value((low + high) / 2 + offset), width: value(high - low) })
  }
}

/** With what a sequence is compared: its prior or current, where both are shown, else the next sequence. */
function partner(image: ShownImage, shown: readonly ShownImage[]): ShownImage | undefined {
  const twin = shown.find(({ sequence, isPrior }) => sequence === image.sequence && isPrior !== image.isPrior)
  if (twin) return twin
  const row = shown.filter(({ isPrior }) => isPrior === image.isPrior)
  return row.length < 2 ? undefined : row[(row.indexOf(image) + 1) % row.length]
}
