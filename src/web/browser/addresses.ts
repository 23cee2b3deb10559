// Where the slices are. The server names the first ones in the page's head by the same addresses, so that they come while the scripts do.
import type { Plane, Window } from '../../domain/shown-images.ts'

export interface SlicePlace {
  plane: Plane
  index: number
}

export const keyOf = ({ plane, index }: SlicePlace) => `${plane}/${index}`

/** Images and their windows, as the server reads them. */
export function lookOf(images: readonly { name: string; window: Window }[]): string {
  return images.map(({ name, window: [low, high] }) => `${name}:${Math.round(low)}-${Math.round(high)}`).join()
}

export const pictureAddress = (base: string, place: SlicePlace, look: string) =>
  `${base}/${keyOf(place)}/picture.png?of=${look}`

export const outlinesAddress = (base: string, place: SlicePlace) => `${base}/${keyOf(place)}/outlines.json`
