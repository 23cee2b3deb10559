// The images of the study page: panels side by side at one place of the head, without WebGL; the server renders each slice.
import type { Index, Plane, PlaneView, ShownImage } from '../../domain/shown-images.ts'
import type { ViewerData } from '../viewer-section.ts'
import { bindKeys } from './keys.ts'
import { createPanels, type PanelState } from './panels.ts'
import { bindPointer } from './pointer.ts'
import { createSlices, type Slice, type SlicePlace } from './slices.ts'
import { type Actions, firstState, type Tool } from './state.ts'
import { fill } from './words.ts'

/** How far ahead slices are fetched in the direction of scrolling, and behind. */
const AHEAD = 14
const BEHIND = 5

export function startViewer(section: HTMLElement): void {
  const data = JSON.parse(section.dataset.viewer ?? '') as ViewerData
  const element = <E extends HTMLElement>(selector: string) => section.querySelector<E>(selector)!
  const status = element('.viewer-status')
  const slider = element<HTMLInputElement>('[data-control="slice"]')
  const state = firstState(data)
  let direction = 1
  let drawn: Slice | undefined
  let failed = ''

  const view = (): PlaneView => data.planes.find(({ plane }) => plane === state.plane)!
  const index = () => state.cursor[view().axes[2]]
  const shownImages = (): ShownImage[] =>
    data.images.filter(
      ({ isPrior, sequence }) => (state.prior || !isPrior) && (!state.alone || sequence === state.alone),
    )

  const slices = createSlices(data.base, arrived, (code) => {
    failed = code === 404 ? data.words.gone : data.words.lost
    say()
  })
  const panels = createPanels(element('.panels'), data)

  function wanted(): SlicePlace[] {
    const { plane } = state
    const at = index()
    const around: SlicePlace[] = [{ plane, index: at }]
    for (let n = 1; n <= AHEAD; n++) {
      around.push({ plane, index: at + n * direction })
      if (n <= BEHIND) around.push({ plane, index: at - n * direction })
    }
    const others = data.planes.filter((other) => other.plane !== plane)
    const elsewhere = others.map((other) => ({ plane: other.plane, index: state.cursor[other.axes[2]] }))
    return [...around.filter((one) => one.index >= 0 && one.index < view().count), ...elsewhere]
  }

  /** Draws what is there and asks for what is not. The last slice stays until the next one has come; both say which they are. */
  function update(): void {
    slices.show(shownImages().map(({ name }) => ({ name, window: state.windows.get(name)! })))
    const slice = slices.get({ plane: state.plane, index: index() })
    if (slice) hold(slice)
    slices.want(wanted())
    paint()
  }

  function hold(slice: Slice): void {
    drawn = slice
    slices.hold(slice)
  }

  function arrived(slice: Slice): void {
    failed = ''
    if (slice.plane !== state.plane || slice.index !== index()) return
    hold(slice)
    paint()
  }

  let waiting = 0
  function paint(): void {
    if (waiting) return
    waiting = requestAnimationFrame(() => {
      waiting = 0
      panels.layout(shownImages(), state)
      if (drawn && drawn.plane === state.plane) panels.draw(panelState(drawn))
      say()
    })
  }

  function panelState(slice: Slice): PanelState {
    const marks = data.marks.filter(
      (mark) => mark.plane === slice.plane && mark.index === slice.index && !mark.isOverruled,
    )
    return { slice, view: view(), state, marks }
  }

  function say(): void {
    const { count } = view()
    const shown = drawn?.plane === state.plane ? drawn.index : index()
    const place = fill(data.words.slice, { plane: data.planeNames[state.plane]!, n: shown + 1, count })
    const text = failed === '' ? place : `${place}. ${failed}`
    if (status.textContent !== text) status.textContent = text
    slider.max = String(count - 1)
    slider.value = String(index())
    slider.setAttribute('aria-valuetext', place)
    section.dataset.shown = drawn ? `${drawn.plane}/${drawn.index}` : ''
    for (const button of section.querySelectorAll<HTMLElement>('[data-control][aria-pressed]'))
      button.setAttribute('aria-pressed', String(isOn(button.dataset.control!)))
  }

  function isOn(control: string): boolean {
    if (control.startsWith('plane-')) return control === `plane-${state.plane}`
    if (control.startsWith('tool-')) return control === `tool-${state.tool}`
    if (control === 'outlines') return state.lines
    return state[control as 'fills' | 'crosshair' | 'prior' | 'check']
  }

  const act: Actions = {
    data,
    state,
    view,
    index,
    update,
    paint,
    scroll(by) {
      act.goToSlice(index() + by)
    },
    goToSlice(to) {
      const axis = view().axes[2]
      const at = Math.min(view().count - 1, Math.max(0, to))
      if (at === index()) return
      direction = at > index() ? 1 : -1
      const cursor: [number, number, number] = [...state.cursor]
      cursor[axis] = at
      state.cursor = cursor
      state.ruler = undefined
      update()
    },
    goTo(cursor, plane = state.plane) {
      state.cursor = cursor
      act.setPlane(plane)
    },
    setPlane(plane) {
      if (plane !== state.plane) state.sight = { zoom: 1, pan: [0, 0] }
      state.plane = plane
      state.ruler = undefined
      update()
    },
    control(name) {
      if (name.startsWith('plane-')) act.setPlane(name.slice('plane-'.length) as Plane)
      else if (name.startsWith('tool-')) state.tool = name.slice('tool-'.length) as Tool
      else if (name === 'outlines') state.lines = !state.lines
      else if (name === 'reset') Object.assign(state, firstState(data), { plane: state.plane, cursor: state.cursor })
      else if (name === 'keys') {
        const list = element('#viewer-keys')
        list.hidden = !list.hidden
        element('[data-control="keys"]').setAttribute('aria-expanded', String(!list.hidden))
      } else if (name === 'prior' && !data.prior) return
      else if (['fills', 'crosshair', 'prior', 'check'].includes(name)) {
        const flag = name as 'fills' | 'crosshair' | 'prior' | 'check'
        state[flag] = !state[flag]
      }
      update()
    },
    alone(sequence) {
      state.alone = state.alone === sequence ? undefined : sequence
      update()
    },
    opacity(to) {
      state.opacity = Math.min(0.8, Math.max(0.05, to))
      element<HTMLInputElement>('[data-control="opacity"]').value = String(Math.round(100 * state.opacity))
      state.fills = true
      paint()
    },
    window(sequence, centreBy, widthBy) {
      for (const { name, sequence: of } of data.images) {
        if (sequence && of !== sequence) continue
        const [low, high] = state.windows.get(name)!
        const width = Math.min(4095, Math.max(16, (high - low) * (1 + widthBy)))
        const centre = Math.min(4095, Math.max(0, (low + high) / 2 + centreBy * (high - low)))
        const black = Math.round(Math.min(4094, Math.max(0, centre - width / 2)))
        state.windows.set(name, [black, Math.round(Math.min(4095, Math.max(black + 1, centre + width / 2)))])
      }
      update()
    },
    zoom(factor) {
      state.sight = { ...state.sight, zoom: Math.min(12, Math.max(1, state.sight.zoom * factor)) }
      if (state.sight.zoom === 1) state.sight = { zoom: 1, pan: [0, 0] }
      paint()
    },
  }

  bindKeys(section, act)
  bindPointer(element('.panels'), panels, act)
  section.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest<HTMLElement>('[data-control], [data-segment]')
    if (!button || button instanceof HTMLInputElement) return
    if (button.dataset.control) act.control(button.dataset.control)
    const label = Number(button.dataset.segment)
    if (!button.dataset.segment) return
    if (!state.hidden.delete(label)) state.hidden.add(label)
    button.setAttribute('aria-pressed', String(!state.hidden.has(label)))
    paint()
  })
  slider.addEventListener('input', () => act.goToSlice(Number(slider.value)))
  element<HTMLInputElement>('[data-control="opacity"]').addEventListener('input', ({ target }) =>
    act.opacity(Number((target as HTMLInputElement).value) / 100),
  )
  new ResizeObserver(() => paint()).observe(element('.panels'))
  // Rows beside the images lead to their place.
  document.addEventListener('click', ({ target }) => {
    const link = (target as Element).closest<HTMLElement>('[data-goto]')
    if (!link || !section.isConnected) return
    const [plane, ...at] = link.dataset.goto!.split(' ')
    act.goTo(at.map(Number) as unknown as Index, plane as Plane)
    section.scrollIntoView({ block: 'nearest' })
    element('.panels').focus({ preventScroll: true })
  })
  section.dataset.ready = ''
  update()
}
