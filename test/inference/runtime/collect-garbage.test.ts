import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../src/domain/next-turn.ts'
import { collectGarbage } from '../../../src/inference/runtime/collect-garbage.ts'

describe('collecting garbage', () => {
  it('frees at once what nothing refers to, and nothing else', async () => {
    const kept = new Float32Array(1000)
    const refs = [new WeakRef(kept), new WeakRef(new Float32Array(1000))]
    // A reference stays alive until the end of the turn in which it was made.
    await nextTurn()
    await collectGarbage()
    expect(refs.map((ref) => ref.deref()?.length)).toEqual([kept.length, undefined])
  })
})
