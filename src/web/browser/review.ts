// Helps with the review form: edits only where they apply, the reviewer's name remembered, and a message when someone else was faster.
import { isObject, jsonIn } from './page-data.ts'

const REMEMBERED = 'gliabridge-reviewer'

export function startReview(form: HTMLFormElement): void {
  form.dataset.ready = ''
  const named = [...form.querySelectorAll<HTMLInputElement>('[data-remember]')]
  // About the person at this browser, not about a patient; forgotten when the window closes.
  const remembered = jsonIn(sessionStorage.getItem(REMEMBERED) ?? '')
  for (const input of named) {
    const value = isObject(remembered) ? remembered[input.name] : undefined
    if (typeof value === 'string') input.value ||= value
  }
  form.addEventListener('submit', () => {
    sessionStorage.setItem(
      REMEMBERED,
      JSON.stringify(Object.fromEntries(named.map(({ name, value }) => [name, value]))),
    )
  })

  const whyOf = (target: string) => form.elements.namedItem(`why.${target}`) as HTMLInputElement
  /** An edit needs a reason, and a diameter needs its partner. */
  const askWhy = (field: HTMLInputElement) => {
    if (field.name === 'strokes') {
      whyOf('outlines').required = field.checked
      return
    }
    const named = (kind: string) =>
      form.elements.namedItem(field.name.replace(/^\w+\./, `${kind}.`)) as HTMLInputElement | null
    const isEdited = field.type === 'checkbox' ? field.checked : field.value !== ''
    const other = named('across')
    const pair = other ? [named('to')!, other] : []
    const isPaired = pair.some(({ value }) => value !== '')
    for (const length of pair) length.required = isPaired
    named('why')!.required = isEdited || isPaired
  }

  // A later review states all edits again, so the form starts with those of the previous review once edits are chosen.
  let isFilled = false
  const fillBefore = () => {
    if (isFilled) return
    isFilled = true
    for (const field of form.querySelectorAll<HTMLInputElement>('[data-before]')) field.value ||= field.dataset.before!
    for (const box of form.querySelectorAll<HTMLInputElement>('[data-was]')) box.checked = true
    for (const field of form.querySelectorAll<HTMLInputElement>('[name^="to."], [name^="exclude."], [name="strokes"]'))
      askWhy(field)
  }

  const reason = form.querySelector<HTMLTextAreaElement>('[name="reason"]')!
  form.addEventListener('change', () => {
    const decision = new FormData(form).get('decision')
    reason.required = decision === 'reject'
    form.querySelector<HTMLFieldSetElement>('.edits')!.disabled = decision !== 'accept-with-edits'
    if (decision === 'accept-with-edits') fillBefore()
  })
  form.addEventListener('input', ({ target }) => {
    form.dataset.dirty = ''
    const field = target as HTMLInputElement
    if (/^((to|across|exclude)\.|strokes$)/.test(field.name)) askWhy(field)
  })

  const compare = () => {
    const now = document.querySelector<HTMLElement>('[data-reviews]')?.dataset.reviews
    if (!form.isConnected || now === undefined || now === form.dataset.version) return
    form.querySelector<HTMLElement>('[data-meanwhile]')!.hidden = false
    form.querySelector<HTMLButtonElement>('button[type="submit"]')!.disabled = true
  }
  document.addEventListener('part', compare)
  compare()
}
