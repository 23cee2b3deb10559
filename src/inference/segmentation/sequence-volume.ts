// The volume of one sequence of a study, and which of several sequences is the reference.
import { SEQUENCES, type Sequence } from '../../domain/study.ts'
import type { Volume } from '../../domain/volume.ts'
import type { Registration } from '../volumes/rigid.ts'

/** A sequence on its own grid, as it was scanned. */
export interface SequenceVolume {
  sequence: Sequence
  volume: Volume<Float32Array>
}

/** After preparation; the reference itself has no registration. */
export type Registered<Images extends SequenceVolume = SequenceVolume> = Images & { registration?: Registration }

/** Tried in this order: first what shows a tumour best. */
export const REFERENCES: readonly Sequence[] = ['T1c', 'FLAIR', 'T2', 'T1']

/** The sequence that the others are aligned with: the preferred one if it is there; undefined if there are only maps. */
export function chooseReference(available: readonly Sequence[], preferred?: Sequence): Sequence | undefined {
  return [preferred, ...REFERENCES].find((one) => one !== undefined && available.includes(one))
}

export function imagesOf<Images extends { sequence: Sequence }>(
  sequence: Sequence,
  all: readonly Images[],
): Images | undefined {
  return all.find((one) => one.sequence === sequence)
}

/** In the order of the domain. */
export function sequencesOf(all: readonly { sequence: Sequence }[]): Sequence[] {
  return SEQUENCES.filter((sequence) => imagesOf(sequence, all))
}
