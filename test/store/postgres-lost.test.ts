// A connection to PostgreSQL that is lost while it is in use costs its transaction and no more. The server here speaks as much of the protocol as a statement needs.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { createKeptLog, type KeptLog } from '../support/quiet-log.ts'

const message = (type: string, body = Buffer.alloc(0)) => {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const READY = message('Z', Buffer.from('I'))
const DONE = Buffer.concat([message('C', Buffer.from('SELECT 0\0')), READY])
const WELCOME = Buffer.concat([message('R', Buffer.alloc(4)), READY])

/** Answers each statement with no rows. */
function serveOne(socket: Socket, sockets: Set<Socket>): void {
  let started = false
  sockets.add(socket)
  socket.on('error', () => {})
  socket.on('data', (data) => {
    if (isSilent) return
    if (!started) {
      started = true
      socket.write(WELCOME)
    } else if (data[0] === 'Q'.charCodeAt(0)) socket.write(DONE)
    else if (data.includes('S'.charCodeAt(0)))
      socket.write(Buffer.concat([message('1'), message('2'), message('n'), DONE]))
  })
}

const sockets = new Set<Socket>()
/** Half open: the other end takes what is sent, and never answers. */
let isSilent = false
const server = createServer((socket) => serveOne(socket, sockets))
let db: Database
let log: KeptLog
beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  log = createKeptLog()
  isSilent = false
  db = openPostgres(`postgres://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/d?sslmode=disable`, log, 1)
})
afterEach(async () => {
  await db.close()
  await new Promise((resolve) => server.close(resolve))
})

it('is an error of the transaction, a line of the log, and a new connection the next time', async () => {
  const lost = db.transaction(async (tx) => {
    await tx.query('select 1', [])
    for (const socket of sockets) socket.destroy()
    await wait(100)
    await tx.query('select 2', [])
  })
  await expect(lost).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' })
  expect(log.lines).toContainEqual({
    level: 'warn',
    fields: { code: 'DATABASE_UNREACHABLE' },
    message: 'a database connection was lost',
  })
  expect(await db.transaction(async (tx) => (await tx.query('select 3', [])).length)).toBe(0)
})

it('has a deadline when the server takes statements and never answers, also within a transaction', async () => {
  await db.query('select 1', [])
  isSilent = true
  await expect(db.query('select 2', [])).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' })
  isSilent = false
  const lost = db.transaction(async (tx) => {
    await tx.query('select 3', [])
    isSilent = true
    await tx.query('select 4', [])
  })
  await expect(lost).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' })
  isSilent = false
  expect(await db.query('select 5', [])).toEqual([])
})
