// What every WriteLedger must do: the store's on its databases, and the one in memory.
import { afterEach, describe, expect, it } from 'vitest'
import type { WriteLedger } from '../../src/domain/ports/write-ledger.ts'
import { createManualClock } from '../support/manual-clock.ts'

export type LedgerClock = ReturnType<typeof createManualClock>

export interface OpenLedger {
  ledger: WriteLedger
  close?(): Promise<unknown>
}

export function writeLedgerContract(name: string, open: (clock: LedgerClock) => Promise<OpenLedger>) {
  describe(`WriteLedger of ${name}`, () => {
    let opened: OpenLedger | undefined
    afterEach(() => opened?.close?.())
    const start = async (clock: LedgerClock) => {
      opened = await open(clock)
      return opened.ledger
    }

    it('lets one of many begin, until it is recorded, forgotten, or long ago', async () => {
      const clock = createManualClock()
      const ledger = await start(clock)
      const begun = await Promise.all([1, 2, 3, 4].map(() => ledger.begin('a|1', 60)))
      expect(begun.filter(Boolean)).toHaveLength(1)
      expect(await ledger.find(['a|1'])).toEqual(new Map())
      expect(await ledger.begin('a|2', 60)).toBe(true)
      await clock.sleep(59_000)
      expect(await ledger.begin('a|1', 60)).toBe(false)
      await clock.sleep(2000)
      expect(await ledger.begin('a|1', 60)).toBe(true)
      expect(await ledger.begin('a|1', 60)).toBe(false)
      await ledger.forget('a|1')
      expect(await ledger.begin('a|1', 60)).toBe(true)
    })

    it('keeps where it is, and the last version; what is recorded is never begun again', async () => {
      const clock = createManualClock()
      const ledger = await start(clock)
      await ledger.begin('b|1', 60)
      await ledger.record('b|1', { reference: 'Device/7', version: '1' })
      await ledger.record('b|1', { reference: 'Device/7', version: '2' })
      await ledger.record('b|2', { reference: 'Device/8' })
      await clock.sleep(3_600_000)
      expect(await ledger.begin('b|1', 60)).toBe(false)
      expect(await ledger.begin('b|2', 60)).toBe(false)
      const found = await ledger.find(['b|1', 'b|2', 'b|3'])
      expect(Object.fromEntries(found)).toEqual({
        'b|1': { reference: 'Device/7', version: '2' },
        'b|2': { reference: 'Device/8' },
      })
      await ledger.forget('b|1')
      expect([...(await ledger.find(['b|1', 'b|2'])).keys()]).toEqual(['b|2'])
    })
  })
}
