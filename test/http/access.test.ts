// Each way in by itself: who is let in, who is refused with which status, and who is told of a wrong token.
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { requireOwnName, requireToken } from '../../src/http/access.ts'
import { answerProblem } from '../../src/http/problems.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('the token', () => {
  const ask = async (authorization?: string) => {
    let wrong = 0
    const app = new Hono()
    app.use(requireToken({ token: 's3cret:with colon', onWrongToken: async () => void wrong++ }))
    app.get('/', (c) => c.text('in'))
    app.onError((thrown, c) => answerProblem(c, thrown))
    const response = await app.request('/', authorization === undefined ? {} : { headers: { authorization } })
    return { status: response.status, wrong, asks: response.headers.has('www-authenticate') }
  }

  it.each([
    ['as a bearer token', 'Bearer s3cret:with'],
    ['in another case', 'bearer s3cret:with'],
  ])('is compared whole, %s', async (_how, header) => {
    expect(await ask(header)).toEqual({ status: 401, wrong: 1, asks: true })
  })

  it.each(['anyone:s3cret:with colon', ':s3cret:with colon'])('is the password of any user: %s', async (given) => {
    expect(await ask(basic(given))).toEqual({ status: 200, wrong: 0, asks: false })
  })

  it.each([basic('s3cret:with colon'), basic('no colon'), 'Basic', 'Bearer', 'Digest s3cret'])(
    'is not %j',
    async (header) => expect(await ask(header)).toMatchObject({ status: 401, asks: true }),
  )

  it('is asked for, and nobody is told, where none is sent', async () => {
    expect(await ask()).toEqual({ status: 401, wrong: 0, asks: true })
  })
})

describe('the names of this machine', () => {
  const ask = async (url: string, isNeeded = true) => {
    const app = new Hono()
    app.use(requireOwnName({ isNeeded }))
    app.get('/', (c) => c.text('in'))
    app.onError((thrown, c) => answerProblem(c, thrown))
    return (await app.request(url)).status
  }

  it.each(['http://localhost:8042/', 'http://127.0.0.1/', 'http://127.8.9.1/', 'http://[::1]:1/'])(
    'let in: %s',
    async (url) => expect(await ask(url)).toBe(200),
  )

  it.each([
    'http://evil.example/',
    'http://localhost.evil.example/',
    'http://127.0.0.1.evil.example/',
    'http://10.0.0.1/',
  ])('leave out: %s', async (url) => {
    expect(await ask(url)).toBe(421)
    expect(await ask(url, false)).toBe(200)
  })
})
