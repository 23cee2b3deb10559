// The panels: one canvas per image and plane, arranged to fit, all at the same position and scale.
import type { Stroke } from '../../domain/brush.ts'
import type { Plane, PlaneView, ShownImage } from '../../domain/shown-images.ts'
import type { ViewerData } from '../viewer-section.ts'
import {
  drawChessboard,
  drawCrosshair,
  drawMarks,
  drawOutlines,
  drawPicture,
  drawRuler,
  drawStrokes,
  drawWords,
  type Panel,
} from './draw.ts'
import { type Box, fitOf, type Placing, place } from './geometry.ts'
import { arrange } from './panel-layout.ts'
import type { Slice } from './slices.ts'
import type { PanelSpec, ViewerState } from './state.ts'
import { fill } from './words.ts'

/** The panel below a point of the window, and the point on its canvas. */
export interface Hit {
  image: ShownImage
  plane: Plane
  x: number
  y: number
  placing: Placing
}

export interface Panels {
  layout(specs: readonly PanelSpec[], state: ViewerState): void
  /** `strokes` are those that the slice's outlines do not include yet. */
  draw(slices: ReadonlyMap<Plane, Slice>, state: ViewerState, strokes: (slice: Slice) => readonly Stroke[]): void
  at(clientX: number, clientY: number): Hit | undefined
}

const SQUARE_MM = 18

export function createPanels(host: HTMLElement, data: ViewerData): Panels {
  const canvases = new Map<string, HTMLCanvasElement>()
  const placings = new Map<string, Placing>()
  let shown: readonly PanelSpec[] = []
  let size: Box = { width: 0, height: 0 }
  const viewOf = (plane: Plane): PlaneView => data.planes.find((one) => one.plane === plane)!

  return {
    layout(specs, state) {
      const arranged = arrange(specs, viewOf, { width: host.clientWidth, height: innerHeight })
      size = arranged.size
      shown = specs
      const keys = new Set(specs.map(({ key }) => key))
      for (const [key, canvas] of canvases) {
        if (keys.has(key)) continue
        canvas.remove()
        canvases.delete(key)
      }
      host.style.setProperty('--columns', String(arranged.columns))
      for (const [n, { key, plane }] of specs.entries()) {
        const canvas = canvases.get(key) ?? document.createElement('canvas')
        canvases.set(key, canvas)
        canvas.setAttribute('role', 'img')
        const [wide, high] = [Math.round(size.width * devicePixelRatio), Math.round(size.height * devicePixelRatio)]
        if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high })
        canvas.style.aspectRatio = `${size.width} / ${size.height}`
        const { order, column } = arranged.places[n]!
        canvas.style.order = String(order)
        canvas.style.gridColumn = String(column)
        canvas.toggleAttribute('data-active', state.layout === 'planes' && plane === state.plane)
        if (!canvas.isConnected) host.append(canvas)
      }
    },

    draw(slices, state, strokes) {
      const fit = Math.min(...shown.map(({ plane }) => fitOf(viewOf(plane), size)))
      for (const spec of shown) {
        const slice = slices.get(spec.plane)
        const context = canvases.get(spec.key)?.getContext('2d')
        if (!slice || !context || !slice.images.includes(spec.image.name)) continue
        const view = viewOf(spec.plane)
        const placing = place(view, size, { zoom: state.sight.zoom, pan: state.sight.pans[spec.plane] ?? [0, 0] }, fit)
        placings.set(spec.key, placing)
        context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
        context.fillStyle = '#000'
        context.fillRect(0, 0, size.width, size.height)
        drawPanel({ context, ...size, placing, view }, { spec, slice, state, strokes: strokes(slice) })
      }
    },

    at(clientX, clientY) {
      for (const { key, image, plane } of shown) {
        const box = canvases.get(key)?.getBoundingClientRect()
        const placing = placings.get(key)
        if (!box || !placing) continue
        const [x, y] = [clientX - box.left, clientY - box.top]
        const perPixel = size.width / box.width
        if (x >= 0 && y >= 0 && x < box.width && y < box.height)
          return { image, plane, x: x * perPixel, y: y * perPixel, placing }
      }
      return undefined
    },
  }

  interface Drawn {
    spec: PanelSpec
    slice: Slice
    state: ViewerState
    strokes: readonly Stroke[]
  }

  function drawPanel(panel: Panel, { spec: { key, image }, slice, state, strokes }: Drawn): void {
    const { segments, words } = data
    const other = partner(image, slice.images)
    const isSwapped = state.swapped && other !== undefined
    const base = isSwapped ? other : image
    const partOf = ({ name }: ShownImage) => ({ picture: slice.picture, n: slice.images.indexOf(name) })
    drawPicture(panel, partOf(base))
    const isChecked = state.check && other !== undefined && !isSwapped
    if (isChecked) drawChessboard(panel, partOf(other), SQUARE_MM)
    const outlines = slice.outlines.filter(({ isPrior }) => isPrior === image.isPrior)
    if (!isChecked) drawOutlines(panel, outlines, { segments, ...state })
    if (!image.isPrior) {
      if (state.lines) drawMarks(panel, marksOn(slice))
      drawStrokes(panel, strokes, { grid: data.grid, index: slice.index, segments })
    }
    if (state.crosshair) drawCrosshair(panel, state.cursor)
    const { ruler } = state
    if (ruler && ruler.plane === slice.plane && ruler.index === slice.index)
      drawRuler(panel, ruler.from, ruler.to, words.measured)
    const beside = isChecked ? [fill(words.against, { other: titleOf(other) })] : []
    const prior = base.isPrior ? [fill(words.prior, { date: data.priorDate })] : []
    const plane = state.layout === 'planes' ? [data.planeNames[slice.plane]!] : []
    drawWords(panel, { titles: [titleOf(base), ...plane, ...prior, ...beside], corner: windowText(image, state) })
    const outlined = [...new Set(outlines.map(({ label }) => label))].flatMap(
      (label) => segments.find((segment) => segment.label === label)?.name ?? [],
    )
    const text = fill(words.shows, {
      sequence: titleOf(image),
      plane: data.planeNames[slice.plane]!.toLowerCase(),
      n: slice.index + 1,
      count: panel.view.count,
      segments: outlined.join(', ').toLowerCase() || words.nothing,
    })
    canvases.get(key)!.setAttribute('aria-label', text)
  }

  function marksOn({ plane, index, painted }: Slice) {
    // Painting changes the diameters.
    if (painted.body !== undefined) return []
    return data.marks.filter((mark) => mark.plane === plane && mark.index === index && !mark.isOverruled)
  }

  /** The image that a sequence is compared with: its prior or current if both are shown, otherwise the next sequence. */
  function partner({ name, sequence, isPrior }: ShownImage, names: Slice['images']): ShownImage | undefined {
    const there = data.images.filter((one) => names.includes(one.name))
    const twin = there.find((one) => one.sequence === sequence && one.isPrior !== isPrior)
    if (twin) return twin
    const row = there.filter((one) => one.isPrior === isPrior)
    return row.length < 2 ? undefined : row[(row.findIndex((one) => one.name === name) + 1) % row.length]
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
