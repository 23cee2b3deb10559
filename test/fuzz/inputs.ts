// Which input a number stands for.
import { createRandom } from '../../demo/phantom/prng.ts'
import { mutate } from './mutate.ts'
import type { Target } from './targets.ts'

/** The input of a number: the same for the same seed, whatever ran before. */
export function inputOf(seed: number, input: number, targets: readonly Target[]) {
  const random = createRandom('fuzz', seed, input)
  let left = random.next() * targets.reduce((sum, { weight }) => sum + weight, 0)
  const target = targets.find(({ weight }) => {
    left -= weight
    return left < 0
  })!
  return { target, bytes: mutate(target.seeds, target.tokens, random) }
}
