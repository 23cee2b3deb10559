// Slices from the server, first the one to be shown, then its neighbours; a limited number stays in memory.
import type { ImageName, Plane, SliceOutline, Window } from '../../domain/shown-images.ts'
import { keyOf, lookOf, outlinesAddress, pictureAddress, type SlicePlace } from './addresses.ts'

export interface Slice {
  plane: Plane
  index: number
  /** Changes with windows and images; a slice with another look is not shown. */
  look: string
  /** The stacked images. */
  picture: ImageBitmap
  images: readonly ImageName[]
  outlines: SliceOutline[]
  /** Strokes that the outlines already include. */
  painted: Painting
}

const MAX_KEPT = 160
const MAX_AT_ONCE = 4

/** What the server is to apply to the software's outlines of a slice. */
export interface Painting {
  /** Numbers of the strokes that reach the slice. */
  numbers: readonly number[]
  /** The same as a request body; undefined if the stored outlines apply unchanged. */
  body: string | undefined
}

interface Hooks {
  onLoad(slice: Slice): void
  onFailure(status: number): void
  painting(place: SlicePlace): Painting
}

export function createSlices(base: string, { onLoad, onFailure, painting }: Hooks) {
  const kept = new Map<string, Slice>()
  const loading = new Map<string, AbortController>()
  /** Outlines do not depend on the window, only on what is painted. */
  const outlines = new Map<string, { body: string | undefined; pending: Promise<SliceOutline[]> }>()
  let images: { name: ImageName; window: Window }[] = []
  let look = ''
  let queue: SlicePlace[] = []
  let held: readonly ImageBitmap[] = []

  const letGo = (picture: ImageBitmap) => {
    if (!held.includes(picture)) picture.close()
  }

  /** Requested once and never aborted: a later request may wait for the same answer. */
  const outlinesOf = (place: SlicePlace, { body }: Painting) => {
    const key = keyOf(place)
    const earlier = outlines.get(key)
    if (earlier && earlier.body === body) return earlier.pending
    const answered =
      body === undefined ? ask(outlinesAddress(base, place)) : ask(`${base}/${key}/outlines`, { method: 'POST', body })
    const pending = answered.then(async (answer) => ((await answer.json()) as { outlines: SliceOutline[] }).outlines)
    outlines.set(key, { body, pending })
    pending.catch(() => outlines.delete(key))
    return pending
  }

  const pictureOf = async (place: SlicePlace, of: string, signal: AbortSignal) => {
    const before = kept.get(keyOf(place))
    if (before?.look === of) return before.picture
    const answer = await ask(pictureAddress(base, place, of), { signal })
    return createImageBitmap(await answer.blob())
  }

  const load = async (place: SlicePlace) => {
    const key = keyOf(place)
    const stopping = new AbortController()
    loading.set(key, stopping)
    const [of, names, painted] = [look, images.map(({ name }) => name), painting(place)]
    try {
      const [picture, sliceOutlines] = await Promise.all([
        pictureOf(place, of, stopping.signal),
        outlinesOf(place, painted),
      ])
      if (of !== look) {
        letGo(picture)
        return
      }
      const slice: Slice = { ...place, look: of, picture, images: names, outlines: sliceOutlines, painted }
      kept.delete(key)
      kept.set(key, slice)
      for (const [oldest, { picture: old }] of kept) {
        if (kept.size <= MAX_KEPT) break
        kept.delete(oldest)
        letGo(old)
      }
      onLoad(slice)
      // Something was painted in the meantime.
      if (!isCurrent(place)) queue.unshift(place)
    } catch (error) {
      if (!stopping.signal.aborted) onFailure(error instanceof Refusal ? error.status : 0)
    } finally {
      if (loading.get(key) === stopping) loading.delete(key)
      next()
    }
  }

  /** Whether the slice is loaded and its outlines include everything painted so far. */
  const isCurrent = (place: SlicePlace) => {
    const slice = kept.get(keyOf(place))
    return slice !== undefined && slice.painted.body === painting(place).body
  }

  const next = () => {
    // The first one comes alone: those around it would only slow down server, decoder and screen.
    while (loading.size < (kept.size === 0 ? 1 : MAX_AT_ONCE)) {
      const place = queue.shift()
      if (!place) return
      if (!isCurrent(place) && !loading.has(keyOf(place))) void load(place)
    }
  }

  return {
    /** Sets the images and their windows; pictures with another look are released. */
    show(shown: readonly { name: ImageName; window: Window }[]) {
      const next = lookOf(shown)
      if (next === look) return
      look = next
      images = [...shown]
      queue = []
      for (const { picture } of kept.values()) letGo(picture)
      kept.clear()
      for (const stopping of loading.values()) stopping.abort()
      loading.clear()
    },
    get: (place: SlicePlace): Slice | undefined => kept.get(keyOf(place)),
    /** The slices on the screen, which stay until the next ones have arrived. */
    hold(slices: readonly Slice[]) {
      held = slices.map(({ picture }) => picture)
    },
    /** In order of need. Whatever is still queued from before is dropped, and whatever is being loaded but no longer needed is aborted. */
    want(places: readonly SlicePlace[]) {
      const keys = new Set(places.map(keyOf))
      for (const [key, stopping] of [...loading]) {
        if (keys.has(key)) continue
        stopping.abort()
        loading.delete(key)
      }
      queue = [...places]
      next()
    },
  }
}

class Refusal extends Error {
  readonly status: number
  constructor(status: number) {
    super(`the server answered ${status}`)
    this.status = status
  }
}

async function ask(url: string, options: RequestInit = {}): Promise<Response> {
  const answer = await fetch(url, { ...options, cache: 'no-store' })
  if (!answer.ok) throw new Refusal(answer.status)
  return answer
}
