// What every store of sessions, sign-ins and accounts must do, run against each engine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccessStore, AccountStore, BegunSignIn, Session } from '../../src/domain/ports/access-store.ts'
import { createAccessStore, createAccountStore } from '../../src/store/access.ts'
import type { Database } from '../../src/store/database.ts'
import { createManualClock } from '../support/manual-clock.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 3, minute)).toISOString()
const session: Session = {
  person: { identifier: 'P-77', system: 'urn:oid:1.2', name: 'Zoë Nine' },
  roles: ['reviewer', 'board'],
  patient: { reference: 'Patient/12', ids: [{ patientId: 'GB-1', issuerOfPatientId: 'KIS' }] },
  seenAt: at(0),
  endsAt: at(30),
}
const begun: BegunSignIn = { browserDigest: 'b', provider: 'oidc', codeVerifier: 'v', nonce: 'n', to: '/board' }
const ada = {
  name: 'ada',
  person: { identifier: 'P-1', name: 'Ada' },
  roles: ['viewer'] as const,
  passwordHash: 'scrypt$1',
}

export function accessStoreContract(name: string, open: () => Promise<Database>): void {
  describe(`access store on ${name}`, () => {
    let db: Database
    let store: AccessStore
    let accounts: AccountStore
    beforeAll(async () => {
      db = await open()
      store = createAccessStore(db)
      accounts = createAccountStore(db, createManualClock())
    })
    afterAll(() => db?.close())

    it('keeps a session as it was opened, with the last moment at which it was used, until it is closed', async () => {
      await store.openSession('s1', session)
      expect(await store.session('s1')).toEqual(session)
      await store.sawSession('s1', at(7))
      await store.sawSession('s1', at(5))
      expect(await store.session('s1')).toEqual({ ...session, seenAt: at(7) })
      expect(await store.closeSession('s1')).toEqual({ ...session, seenAt: at(7) })
      expect(await store.session('s1')).toBeUndefined()
      expect(await store.closeSession('s1')).toBeUndefined()
    })

    it('gives a sign-in that was begun once, to one of those who ask at the same time, and not after its end', async () => {
      await store.beginSignIn('i1', begun, at(10))
      const taken = await Promise.all([1, 2, 3].map(() => store.takeSignIn('i1', at(9))))
      expect(taken.filter((one) => one !== undefined)).toEqual([begun])
      await store.beginSignIn('i2', begun, at(10))
      expect(await store.takeSignIn('i2', at(10))).toBeUndefined()
    })

    it('lets a token be used once', async () => {
      const uses = await Promise.all([1, 2, 3].map(() => store.isFirstUse('t1', at(5))))
      expect(uses.filter(Boolean)).toHaveLength(1)
    })

    it('sweeps what has ended, and nothing else', async () => {
      await store.openSession('old', { ...session, endsAt: at(1) })
      await store.openSession('new', { ...session, endsAt: at(9) })
      await store.isFirstUse('t2', at(1))
      await store.sweep(at(5))
      expect([await store.session('old'), (await store.session('new'))?.endsAt]).toEqual([undefined, at(9)])
      expect(await store.isFirstUse('t2', at(9))).toBe(true)
    })

    it('counts attempts, locks, and opens again with time or by hand', async () => {
      expect([await accounts.addAccount(ada), await accounts.addAccount(ada)]).toEqual([true, false])
      const attempts = await Promise.all([1, 2, 3, 4, 5].map(() => store.countAttempt('ada', at(0), 3, at(15))))
      expect(attempts.filter(Boolean)).toHaveLength(3)
      expect(await store.account('ada')).toMatchObject({ ...ada, failures: 3, lockedUntil: at(15) })
      expect(await store.countAttempt('ada', at(16), 3, at(31))).toBe(true)
      expect((await store.account('ada'))?.lockedUntil).toBeUndefined()
      await store.forgetAttempts('ada')
      expect(await accounts.accounts()).toEqual([{ ...ada, failures: 0 }])
    })

    it('ends the sessions of an account with its password, and with itself, and no others', async () => {
      const ofAda = { ...session, account: 'ada' }
      await store.openSession('a1', ofAda)
      await store.openSession('other', session)
      expect(await accounts.setPassword('ada', 'scrypt$2')).toBe(true)
      expect([await store.session('a1'), (await store.session('other'))?.person.name]).toEqual([undefined, 'Zoë Nine'])
      await store.openSession('a2', ofAda)
      expect([await accounts.removeAccount('ada'), await accounts.removeAccount('ada')]).toEqual([true, false])
      expect([await store.session('a2'), await store.account('ada')]).toEqual([undefined, undefined])
      expect(await accounts.unlock('ada')).toBe(false)
    })
  })
}
