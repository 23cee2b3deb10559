// Slices from the server, the wanted one first, then those around it; a bounded number stays in memory.
import type { ImageName, Plane, SliceOutline, Window } from '../../domain/shown-images.ts'

export interface Slice {
  plane: Plane
  index: number
  /** Changes with windows and images: a slice of another look is not shown. */
  look: string
  /** The images below each other. */
  picture: ImageBitmap
  images: readonly ImageName[]
  outlines: SliceOutline[]
}

export interface SlicePlace {
  plane: Plane
  index: number
}

const MAX_KEPT = 160
const MAX_AT_ONCE = 4

export function createSlices(base: string, onLoad: (slice: Slice) => void, onFailure: (status: number) => void) {
  const kept = new Map<string, Slice>()
  const loading = new Map<string, AbortController>()
  /** Outlines do not change with the window. */
  const outlines = new Map<string, Promise<SliceOutline[]>>()
  let images: { name: ImageName; window: Window }[] = []
  let look = ''
  let queue: SlicePlace[] = []
  let held: ImageBitmap | undefined

  const keyOf = ({ plane, index }: SlicePlace) => `${plane}/${index}`

  /** Asked for once and never stopped: the same answer may be waited for by a later request. */
  const outlinesOf = (key: string) => {
    const known = outlines.get(key)
    if (known) return known
    const asked = ask(`${base}/${key}/outlines.json`).then(
      async (answer) => ((await answer.json()) as { outlines: SliceOutline[] }).outlines,
    )
    outlines.set(key, asked)
    asked.catch(() => outlines.delete(key))
    return asked
  }

  const load = async (wanted: SlicePlace) => {
    const key = keyOf(wanted)
    const stopping = new AbortController()
    loading.set(key, stopping)
    const [of, names] = [look, images.map(({ name }) => name)]
    try {
      const [answer, found] = await Promise.all([
        ask(`${base}/${key}/picture.png?of=${of}`, stopping.signal),
        outlinesOf(key),
      ])
      const picture = await createImageBitmap(await answer.blob())
      if (of !== look) {
        picture.close()
        return
      }
      const slice: Slice = { ...wanted, look: of, picture, images: names, outlines: found }
      kept.delete(key)
      kept.set(key, slice)
      for (const [oldest, { picture: old }] of kept) {
        if (kept.size <= MAX_KEPT) break
        kept.delete(oldest)
        if (old !== held) old.close()
      }
      onLoad(slice)
    } catch (error) {
      if (!stopping.signal.aborted) onFailure(error instanceof Refusal ? error.status : 0)
    } finally {
      if (loading.get(key) === stopping) loading.delete(key)
      next()
    }
  }

  const next = () => {
    while (loading.size < MAX_AT_ONCE) {
      const wanted = queue.shift()
      if (!wanted) return
      if (!kept.has(keyOf(wanted)) && !loading.has(keyOf(wanted))) void load(wanted)
    }
  }

  return {
    /** Which images, through which windows; pictures of another look are let go. */
    show(wanted: readonly { name: ImageName; window: Window }[]) {
      const next = wanted
        .map(({ name, window: [low, high] }) => `${name}:${Math.round(low)}-${Math.round(high)}`)
        .join()
      if (next === look) return
      look = next
      images = [...wanted]
      queue = []
      for (const { picture } of kept.values()) if (picture !== held) picture.close()
      kept.clear()
      for (const stopping of loading.values()) stopping.abort()
      loading.clear()
    },
    get: (wanted: SlicePlace): Slice | undefined => kept.get(keyOf(wanted)),
    /** The slice on the screen, which stays there until the next one has come. */
    hold(slice: Slice) {
      held = slice.picture
    },
    /** In the order in which they are needed; what waits from before is forgotten, and what is under way and not needed is stopped. */
    want(wanted: readonly SlicePlace[]) {
      const keys = new Set(wanted.map(keyOf))
      for (const [key, stopping] of [...loading]) {
        if (keys.has(key)) continue
        stopping.abort()
        loading.delete(key)
      }
      queue = [...wanted]
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

async function ask(url: string, signal: AbortSignal | null = null): Promise<Response> {
  const answer = await fetch(url, { signal, cache: 'no-store' })
  if (!answer.ok) throw new Refusal(answer.status)
  return answer
}
