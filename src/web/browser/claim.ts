// Reports that this person has opened the analysis to decide on it, and shows who else has.
import { fill } from './words.ts'

const RENEW_MS = 45_000

export function startClaim(form: HTMLFormElement): void {
  const address = form.dataset.claim!
  const notice = form.querySelector<HTMLElement>('[data-others]')!
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement | null
  /** The server knows a person who signed in, so the form has no fields for them. */
  const who = (): { identifier?: string; name?: string } | undefined => {
    const [identifier, name] = [field('identifier'), field('name')].map((input) => input?.value.trim())
    if (identifier === undefined) return {}
    return identifier === '' ? undefined : { identifier, name: name || identifier }
  }
  let claimed: ReturnType<typeof who>

  async function claim(): Promise<void> {
    const person = who()
    if (!form.isConnected || !person || document.visibilityState !== 'visible') return
    if (claimed && claimed.identifier !== person.identifier) leave()
    claimed = person
    try {
      const answer = await fetch(address, { method: 'POST', body: JSON.stringify(person), cache: 'no-store' })
      if (!answer.ok) return
      const { others } = (await answer.json()) as { others: { name: string }[] }
      notice.hidden = others.length === 0
      const text = fill(notice.dataset.words!, { names: others.map(({ name }) => name).join(', ') })
      if (notice.textContent !== text) notice.textContent = text
    } catch {
      // The page already shows that the connection is lost; the next attempt will follow.
    }
  }

  function leave(): void {
    if (!claimed) return
    navigator.sendBeacon(address, JSON.stringify({ ...claimed, leaves: true }))
    claimed = undefined
  }

  void claim()
  form.addEventListener('change', ({ target }) => {
    if (/^(identifier|name)$/.test((target as HTMLInputElement).name)) void claim()
  })
  const timer = setInterval(() => {
    if (form.isConnected) void claim()
    else clearInterval(timer)
  }, RENEW_MS)
  document.addEventListener('visibilitychange', () => void claim())
  addEventListener('pagehide', leave)
}
