// Child process of the seeded campaign: one kind, and what came of it.
import { runCampaign } from './campaign.ts'

export interface SeededWork {
  seed: number
  kind: string
  faults: number
}

process.once('message', async ({ seed, kind, faults }: SeededWork) => {
  const outcome = await runCampaign(seed, kind, faults)
  process.send?.(outcome, () => process.exit(0))
})
