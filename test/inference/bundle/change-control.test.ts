// The change control of a manifest: it is read part by part, refused where it asks for what the bundle lacks, and is no part of what computes.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { listBundles } from '../../../src/inference/bundle/load.ts'
import { parseBundle } from '../../../src/inference/bundle/manifest.ts'
import { modelDigest } from '../../../src/inference/bundle/model-digest.ts'
import { readJson, tinyBundle } from '../support.ts'

const manifest = readJson(`${tinyBundle}/bundle.json`) as Record<string, unknown>
const control = {
  modifications: { description: 'Other weights.', replaces: ['tiny-old'] },
  protocol: { description: 'Measured on new cases.', min_cases: 12 },
  impact: {
    description: 'Outlines move.',
    min_mean_dice: { WT: 0.85, TC: 0.7 },
    max_median_volume_difference: { WT: 0.2 },
    max_changed_calls: { grade: 0.1 },
    max_failures: 0.05,
  },
}

it('becomes limits in the order of its parts, and changes no digest of the model', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gliabridge-control-'))
  try {
    await mkdir(join(folder, 'one'))
    await writeFile(join(folder, 'one', 'bundle.json'), JSON.stringify({ ...manifest, change_control: control }))
    const [broken, one] = await listBundles(folder, join(folder, 'nowhere'))
    if (!one || !('bundle' in one)) throw new Error('the bundle is not listed')
    expect(one.changeControl!.limits).toEqual([
      { part: 'modifications', measure: 'replaces', ids: ['tiny-old'] },
      { part: 'protocol', measure: 'cases', atLeast: 12 },
      { part: 'impact', measure: 'dice', region: 'WT', atLeast: 0.85 },
      { part: 'impact', measure: 'dice', region: 'TC', atLeast: 0.7 },
      { part: 'impact', measure: 'volume-difference', region: 'WT', atMost: 0.2 },
      { part: 'impact', measure: 'changed-calls', head: 'grade', atMost: 0.1 },
      { part: 'impact', measure: 'failures', atMost: 0.05 },
    ])
    expect(one.changeControl!.words).toEqual({
      modifications: 'Other weights.',
      protocol: 'Measured on new cases.',
      impact: 'Outlines move.',
    })
    expect(one.bundle.modelDigest).toBe(modelDigest(manifest))
    expect(broken).toMatchObject({ problem: expect.stringContaining('bundle.json cannot be read') })
    await expect(listBundles(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'BUNDLE_INVALID' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

it('is refused where it bounds what the bundle does not have, or what makes no calls', () => {
  const withImpact = (change: object) => ({
    ...manifest,
    change_control: { ...control, impact: { ...control.impact, ...change } },
  })
  expect(() => parseBundle(withImpact({ min_mean_dice: { LIVER: 0.5 } }))).toThrow(
    'change_control.impact.min_mean_dice: LIVER is not one of the regions',
  )
  expect(() => parseBundle(withImpact({ max_changed_calls: { survival: 0.5 } }))).toThrow('change_control.impact')
  expect(() => parseBundle(withImpact({ max_failures: 5 }))).toThrow('change_control.impact.max_failures')
})
