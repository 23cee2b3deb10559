// The keyboard of the viewer; its keys work only while the focus is inside it (WCAG 2.2, 2.1.4).
import type { Brush } from './brush.ts'
import type { Actions } from './state.ts'

const WINDOW_STEP = 0.06

type Keys = Readonly<Record<string, (shift: boolean) => void>>

export function bindKeys(section: HTMLElement, act: Actions, brush: Brush | undefined): void {
  const { state } = act
  const drawing = brush && brushKeys(act, brush)
  const keys: Keys = {
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
    d: () => act.control('tool-draw'),
    v: () => act.control('planes'),
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
    if ((ctrlKey || metaKey) && key === 'z' && state.tool === 'draw' && brush) {
      event.preventDefault()
      brush.undo()
      return
    }
    if (ctrlKey || metaKey || altKey) return
    // Sliders and buttons have keys of their own.
    if (target instanceof HTMLInputElement && /^(Arrow|Page|Home|End)/.test(key)) return
    // The space bar presses a button.
    if (target instanceof HTMLButtonElement && key === ' ') return
    const number = Number(key)
    const of = state.tool === 'draw' ? drawing : undefined
    const does =
      number >= 1 && number <= own.length
        ? () => act.alone(own[number - 1]!.sequence)
        : (of?.[key] ?? of?.[key.toLowerCase()] ?? keys[key] ?? keys[key.toLowerCase()])
    if (!does) return
    event.preventDefault()
    does(shiftKey)
  })
  const penUp = () => brush?.end()
  section.addEventListener('focusout', penUp)
  section.addEventListener('keyup', ({ key }) => {
    if (key === ' ') penUp()
    if (key.toLowerCase() !== 'b') return
    state.swapped = false
    act.paint()
  })
}

/** With the brush as the tool, the arrows move it over the slice. */
function brushKeys(act: Actions, brush: Brush): Keys {
  const far = (shift: boolean) => (shift ? 5 : 1)
  return {
    ArrowUp: (shift) => brush.step(0, -far(shift)),
    ArrowDown: (shift) => brush.step(0, far(shift)),
    ArrowLeft: (shift) => brush.step(-far(shift), 0),
    ArrowRight: (shift) => brush.step(far(shift), 0),
    PageUp: () => act.scroll(1),
    PageDown: () => act.scroll(-1),
    ' ': () => brush.penDown(),
    l: () => brush.control('next'),
    g: () => brush.control('erase'),
    h: () => brush.control('ball'),
    ',': () => brush.control('smaller'),
    '.': () => brush.control('larger'),
    z: () => brush.undo(),
  }
}
