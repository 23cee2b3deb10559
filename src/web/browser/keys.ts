// The keyboard of the images; keys work only while the focus is within them (WCAG 2.2, 2.1.4).
import type { Actions } from './state.ts'

const WINDOW_STEP = 0.06

export function bindKeys(section: HTMLElement, act: Actions): void {
  const { state } = act
  const keys: Readonly<Record<string, (shift: boolean) => void>> = {
    ArrowUp: (shift) => (shift ? act.window(state.alone, 0, WINDOW_STEP) : act.scroll(1)),
    ArrowDown: (shift) => (shift ? act.window(state.alone, 0, -WINDOW_STEP) : act.scroll(-1)),
    ArrowLeft: () => act.window(state.alone, -WINDOW_STEP, 0),
    ArrowRight: () => act.window(state.alone, WINDOW_STEP, 0),
    PageUp: () => act.scroll(10),
    PageDown: () => act.scroll(-10),
    Home: () => act.goToSlice(0),
    End: () => act.goToSlice(act.view().count - 1),
    a: () => act.setPlane('axial'),
    c: () => act.setPlane('coronal'),
    s: () => act.setPlane('sagittal'),
    o: () => act.control('outlines'),
    f: () => act.control('fills'),
    x: () => act.control('crosshair'),
    p: () => act.control('prior'),
    k: () => act.control('check'),
    w: () => act.control('tool-window'),
    e: () => act.control('tool-point'),
    m: () => act.control('tool-measure'),
    r: () => act.control('reset'),
    t: () => act.goTo(act.data.start, 'axial'),
    '[': () => act.opacity(state.opacity - 0.1),
    ']': () => act.opacity(state.opacity + 0.1),
    '+': () => act.zoom(1.25),
    '=': () => act.zoom(1.25),
    '-': () => act.zoom(0.8),
    '?': () => act.control('keys'),
    '0': () => act.alone(undefined),
    Escape: () => {
      state.ruler = undefined
      act.alone(undefined)
    },
    b: () => {
      state.swapped = true
      act.paint()
    },
  }
  const own = act.data.images.filter(({ isPrior }) => !isPrior)
  section.addEventListener('keydown', (event) => {
    const { target, key, ctrlKey, metaKey, altKey, shiftKey } = event
    if (ctrlKey || metaKey || altKey) return
    // A slider and a button have keys of their own.
    if (target instanceof HTMLInputElement && /^(Arrow|Page|Home|End)/.test(key)) return
    const number = Number(key)
    const does =
      number >= 1 && number <= own.length
        ? () => act.alone(own[number - 1]!.sequence)
        : (keys[key] ?? keys[key.toLowerCase()])
    if (!does) return
    event.preventDefault()
    does(shiftKey)
  })
  section.addEventListener('keyup', ({ key }) => {
    if (key.toLowerCase() !== 'b') return
    state.swapped = false
    act.paint()
  })
}
