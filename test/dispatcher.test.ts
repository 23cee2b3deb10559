import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import '../src/dispatcher.ts'

it('survives a peer that closes the connection before its answer is read, and still gives all of it', async () => {
  const body = Buffer.alloc(200_000, 'a')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`)
      socket.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await wait(300)
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true)
  } finally {
    server.close()
  }
})
