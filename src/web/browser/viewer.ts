// The images of the study page: panels side by side at one position in the head, without WebGL; the server renders each slice.
import type { Index, Plane } from '../../domain/shown-images.ts'
import type { ViewerData } from '../viewer-section.ts'
import { createActions } from './actions.ts'
import type { SlicePlace } from './addresses.ts'
import { bindBrush, createBrush } from './brush.ts'
import { lengthMm } from './geometry.ts'
import { bindKeys } from './keys.ts'
import { pageData } from './page-data.ts'
import { createPanels } from './panels.ts'
import { bindPointer } from './pointer.ts'
import { createSlices, type Painting, type Slice } from './slices.ts'
import { firstState, panelSpecs } from './state.ts'
import { createPainted, reaching } from './strokes.ts'
import { bindVolumeFrame } from './volume-frame.ts'
import { fill } from './words.ts'

/** How many slices are fetched ahead in the direction of scrolling, and how many behind. */
const AHEAD = 14
const BEHIND = 5

const MEMBERS = ['grid', 'planes', 'images', 'segments', 'start', 'largest', 'marks', 'base', 'words'] as const

export function startViewer(section: HTMLElement): void {
  const data = pageData<ViewerData>(section, 'viewer', MEMBERS)
  const element = <E extends HTMLElement>(selector: string) => section.querySelector<E>(selector)!
  const status = element('.viewer-status')
  const slider = element<HTMLInputElement>('[data-control="slice"]')
  const opacity = element<HTMLInputElement>('[data-control="opacity"]')
  const state = firstState(data)
  const act = createActions(data, state, { update, paint, toggleKeys })
  const drawn = new Map<Plane, Slice>()
  let direction = 1
  let before = act.index()
  let failed = ''

  const painted = createPainted(data.brush?.limits ?? { strokes: 0, points: 0, radiusMm: 0 })
  const slices = createSlices(data.base, { onLoad: arrived, onFailure: lost, painting })
  const panels = createPanels(element('.panels'), data)
  const brush = createBrush(section, act, painted)
  const shownPlanes = () => (state.layout === 'planes' ? data.planes.map(({ plane }) => plane) : [state.plane])

  function painting({ plane, index }: SlicePlace): Painting {
    const strokes = painted.all()
    if (strokes.length === 0) return { numbers: [], body: undefined }
    const near = reaching(data.grid, act.view(plane), index, strokes)
    const numbers = near.map(({ number }) => number)
    // Strokes are relative to what the software found, so the outlines of an earlier review are not drawn below them.
    if (near.length === 0 && !data.isRedrawn) return { numbers, body: undefined }
    return { numbers, body: JSON.stringify({ strokes: near.map(({ stroke }) => stroke) }) }
  }

  function neededSlices(): SlicePlace[] {
    const { plane } = state
    const at = act.index()
    const { count } = act.view()
    const others = data.planes
      .filter((other) => other.plane !== plane)
      .map((other): SlicePlace => ({ plane: other.plane, index: act.index(other.plane) }))
    const around: SlicePlace[] = []
    for (let n = 1; n <= AHEAD; n++) {
      around.push({ plane, index: at + n * direction })
      if (n <= BEHIND) around.push({ plane, index: at - n * direction })
    }
    const near = around.filter(({ index }) => index >= 0 && index < count)
    const first = { plane, index: at }
    return state.layout === 'planes' ? [first, ...others, ...near] : [first, ...near, ...others]
  }

  /** Draws what is loaded and requests what is not. The previous slice stays until the next one has arrived; both say which slice they are. */
  function update(): void {
    const at = act.index()
    if (at !== before) direction = at > before ? 1 : -1
    before = at
    const images = new Map(panelSpecs(data, state).map(({ image }) => [image.name, image]))
    slices.show([...images.keys()].map((name) => ({ name, window: state.windows.get(name)! })))
    for (const plane of shownPlanes()) {
      const slice = slices.get({ plane, index: act.index(plane) })
      if (slice) drawn.set(plane, slice)
    }
    for (const plane of [...drawn.keys()]) if (!shownPlanes().includes(plane)) drawn.delete(plane)
    slices.hold([...drawn.values()])
    slices.want(neededSlices())
    paint()
  }

  function arrived(slice: Slice): void {
    failed = ''
    if (!shownPlanes().includes(slice.plane) || slice.index !== act.index(slice.plane)) return
    drawn.set(slice.plane, slice)
    slices.hold([...drawn.values()])
    paint()
  }

  function lost(code: number): void {
    failed = code === 404 ? data.words.gone : data.words.lost
    say()
  }

  let waiting = 0
  function paint(): void {
    if (waiting) return
    waiting = requestAnimationFrame(() => {
      waiting = 0
      const strokes = painted.all()
      const stroke = brush?.underWay()
      panels.layout(panelSpecs(data, state), state)
      panels.draw(drawn, state, (slice) => {
        const done = new Set(slice.painted.numbers)
        const near = reaching(data.grid, act.view(slice.plane), slice.index, strokes)
        const coming = near.filter(({ number }) => !done.has(number)).map((one) => one.stroke)
        return stroke ? [...coming, stroke] : coming
      })
      brush?.show()
      say()
    })
  }

  function toggleKeys(): void {
    const list = element('#viewer-keys')
    list.hidden = !list.hidden
    element('[data-control="keys"]').setAttribute('aria-expanded', String(!list.hidden))
  }

  function say(): void {
    const { count } = act.view()
    const slice = drawn.get(state.plane)
    const n = (slice?.index ?? act.index()) + 1
    const place = fill(data.words.slice, { plane: data.planeNames[state.plane]!, n, count })
    const shown = [place, ...measured()].join(', ')
    const text = failed === '' ? shown : `${shown}. ${failed}`
    if (status.textContent !== text) status.textContent = text
    slider.max = String(count - 1)
    slider.value = String(act.index())
    slider.setAttribute('aria-valuetext', place)
    opacity.value = String(Math.round(100 * state.opacity))
    section.dataset.shown = slice ? `${slice.plane}/${slice.index}` : ''
    section.dataset.painted = String(slice?.painted.numbers.length ?? 0)
    for (const button of section.querySelectorAll<HTMLElement>('[data-control][aria-pressed]'))
      button.setAttribute('aria-pressed', String(isOn(button.dataset.control!)))
    for (const chip of section.querySelectorAll<HTMLElement>('[data-segment]'))
      chip.setAttribute('aria-pressed', String(!state.hidden.has(Number(chip.dataset.segment))))
  }

  /** The ruler's length in words, for those who do not see the canvas too. */
  function measured(): string[] {
    const { ruler } = state
    if (!ruler || ruler.plane !== state.plane || ruler.index !== act.index()) return []
    return [fill(data.words.measured, { mm: lengthMm(act.view(ruler.plane), ruler.from, ruler.to).toFixed(1) })]
  }

  function isOn(control: string): boolean {
    if (control.startsWith('plane-')) return control === `plane-${state.plane}`
    if (control.startsWith('tool-')) return control === `tool-${state.tool}`
    if (control === 'outlines') return state.lines
    if (control === 'planes') return state.layout === 'planes'
    return state[control as 'fills' | 'crosshair' | 'prior' | 'check']
  }

  bindKeys(section, act, brush)
  bindPointer(element('.panels'), panels, act, brush)
  if (brush) bindBrush(section, brush)
  bindVolumeFrame(section, data.base)
  section.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest<HTMLElement>('button[data-control], [data-segment]')
    if (button?.dataset.control) act.control(button.dataset.control)
    if (!button?.dataset.segment) return
    const label = Number(button.dataset.segment)
    if (!state.hidden.delete(label)) state.hidden.add(label)
    paint()
  })
  slider.addEventListener('input', () => act.goToSlice(Number(slider.value)))
  opacity.addEventListener('input', () => act.opacity(Number(opacity.value) / 100))
  new ResizeObserver(() => paint()).observe(element('.panels'))
  /** These outlive the section, which the live page may replace. */
  const whileHere = (type: string, does: (target: Element) => void) =>
    document.addEventListener(type, ({ target }) => {
      if (section.isConnected) does(target as Element)
    })
  // Rows beside the images lead to their position.
  whileHere('click', (target) => {
    const link = target.closest<HTMLElement>('[data-goto]')
    if (!link) return
    const [plane, ...at] = link.dataset.goto!.split(' ')
    act.goTo(at.map(Number) as unknown as Index, plane as Plane)
    section.scrollIntoView({ block: 'nearest' })
    element('.panels').focus({ preventScroll: true })
  })
  // Whether the form keeps what was painted or leaves it out.
  whileHere('change', (target) => {
    if (target.closest('.review-form')) update()
  })
  section.dataset.ready = ''
  update()
}
