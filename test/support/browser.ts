// A real browser (Debian's chromium, headless) driven over its DevTools protocol, without a further dependency.
import { spawn } from 'node:child_process'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

export interface Tab {
  open(url: string): Promise<void>
  /** Value of an expression in the page; promises are awaited. */
  evaluate<T>(expression: string): Promise<T>
  /** Waits until the expression is true. */
  until(expression: string): Promise<void>
  size(width: number, height: number): Promise<void>
  scheme(scheme: 'light' | 'dark'): Promise<void>
  scripts(on: boolean): Promise<void>
  /** A key by its name in KeyboardEvent.key: "Tab", "Enter", "ArrowUp", "p"; `hold` leaves it down. */
  press(key: string, hold?: 'down' | 'up'): Promise<void>
  /** Turns the wheel over a point of the window. */
  wheel(x: number, y: number, deltaY: number): Promise<void>
  /** Presses the left button at the first point, moves to each of the others, and lets go. */
  drag(...points: [number, number][]): Promise<void>
  /** PNG of the visible page, or of all of it. */
  picture(whole?: boolean): Promise<Buffer>
  /** What the page logged as errors, violations of its content policy included. */
  errors: string[]
  close(): Promise<void>
}

export interface Browser {
  tab(): Promise<Tab>
  /** The frame of another site whose address begins so, within whatever tab is open; what has no size of its own cannot be set. */
  frame(url: string): Promise<Tab>
  close(): Promise<void>
}

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export async function findBrowser(): Promise<string | undefined> {
  for (const path of CANDIDATES) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return undefined
}

/** `environment` is added to that of this process, as for another set of fonts. */
export async function startBrowser(
  environment: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<Browser> {
  const path = await findBrowser()
  if (!path) throw new Error('no browser is installed: apt-get install chromium')
  const profile = await mkdtemp(join(tmpdir(), 'gliabridge-browser-'))
  const child = spawn(
    path,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--hide-scrollbars',
      '--remote-debugging-port=0',
      ...flags,
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...environment } },
  )
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const endpoint = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /DevTools listening on (ws:\S+)/.exec(line)
      if (found) resolve(found[1]!)
    })
    child.once('exit', () => reject(new Error('the browser ended at its start')))
  })
  const connection = await connect(endpoint)
  return {
    async tab() {
      const { targetId } = await connection.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await connection.send<{ sessionId: string }>('Target.attachToTarget', {
        targetId,
        flatten: true,
      })
      return openTab(connection, sessionId, targetId)
    },
    async frame(url) {
      for (let i = 0; i < 300; i += 1) {
        const { targetInfos } = await connection.send<{
          targetInfos: { type: string; url: string; targetId: string }[]
        }>('Target.getTargets')
        const frame = targetInfos.find((one) => one.type === 'iframe' && one.url.startsWith(url))
        if (frame) {
          const { targetId } = frame
          const { sessionId } = await connection.send<{ sessionId: string }>('Target.attachToTarget', {
            targetId,
            flatten: true,
          })
          return openTab(connection, sessionId, targetId, true)
        }
        await wait(100)
      }
      throw new Error(`no frame came to ${url}`)
    },
    async close() {
      connection.close()
      child.kill('SIGTERM')
      await exited
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}

interface Connection {
  send<T>(method: string, params?: object, sessionId?: string): Promise<T>
  on(listener: (method: string, params: Record<string, never>, sessionId?: string) => void): void
  close(): void
}

async function connect(endpoint: string): Promise<Connection> {
  const socket = new WebSocket(endpoint)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('no connection to the browser')))
  })
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  const listeners: Parameters<Connection['on']>[0][] = []
  let serial = 0
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data))
    const request = waiting.get(message.id)
    if (!request) for (const listener of listeners) listener(message.method, message.params, message.sessionId)
    else if (message.error) request.reject(new Error(message.error.message))
    else request.resolve(message.result as never)
    waiting.delete(message.id)
  })
  return {
    send: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        serial += 1
        waiting.set(serial, { resolve: resolve as never, reject })
        socket.send(JSON.stringify({ id: serial, method, params, ...(sessionId ? { sessionId } : {}) }))
      }),
    on: (listener) => void listeners.push(listener),
    close: () => socket.close(),
  }
}

const KEY_CODES: Readonly<Record<string, number>> = {
  Tab: 9,
  Enter: 13,
  Escape: 27,
  ' ': 32,
  PageUp: 33,
  PageDown: 34,
  End: 35,
  Home: 36,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
  ',': 188,
  '-': 189,
  '.': 190,
}

function codeOf(key: string): string {
  return /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : key
}

async function openTab(connection: Connection, sessionId: string, targetId: string, isFrame = false): Promise<Tab> {
  const send = <T>(method: string, params?: object) => connection.send<T>(method, params, sessionId)
  const errors: string[] = []
  let loaded: () => void = () => undefined
  connection.on(
    (method, params: { entry?: { level: string; text: string }; exceptionDetails?: { text: string } }, from) => {
      if (from !== sessionId) return
      if (method === 'Page.loadEventFired') loaded()
      if (method === 'Log.entryAdded' && params.entry?.level === 'error') errors.push(params.entry.text)
      if (method === 'Runtime.exceptionThrown') errors.push(params.exceptionDetails?.text ?? 'exception')
    },
  )
  for (const domain of ['Page', 'Runtime', 'Log']) await send(`${domain}.enable`)
  let size = { width: 1280, height: 900 }
  const metrics = (height = size.height) =>
    send('Emulation.setDeviceMetricsOverride', { width: size.width, height, deviceScaleFactor: 1, mobile: false })
  const evaluate = async <T>(expression: string): Promise<T> => {
    const answer = await send<{
      result: { value: T }
      exceptionDetails?: { text: string; exception?: { description: string } }
    }>('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (answer.exceptionDetails)
      throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text)
    return answer.result.value
  }
  if (!isFrame) await metrics()
  return {
    errors,
    evaluate,
    async open(url) {
      const load = new Promise<void>((resolve) => {
        loaded = resolve
      })
      await send('Page.navigate', { url })
      await load
      // The event may be that of the page before, if its own navigation had not ended.
      while ((await evaluate<string>('document.readyState')) !== 'complete') await wait(20)
    },
    async until(expression) {
      for (let i = 0; !(await evaluate<boolean>(`Boolean(${expression})`)); i += 1) {
        if (i > 300) throw new Error(`did not become true: ${expression}`)
        await wait(100)
      }
    },
    async size(width, height) {
      size = { width, height }
      await metrics()
    },
    scheme: (value) => send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] }),
    scripts: (on) => send('Emulation.setScriptExecutionDisabled', { value: !on }),
    async press(key, hold) {
      const text = key === 'Enter' ? '\r' : key.length === 1 ? key : ''
      const code = { key, code: codeOf(key), windowsVirtualKeyCode: KEY_CODES[key] ?? key.toUpperCase().charCodeAt(0) }
      if (hold !== 'up')
        await send('Input.dispatchKeyEvent', {
          type: text ? 'keyDown' : 'rawKeyDown',
          ...code,
          ...(text ? { text } : {}),
        })
      if (hold !== 'down') await send('Input.dispatchKeyEvent', { type: 'keyUp', ...code })
    },
    async wheel(x, y, deltaY) {
      await send('Input.dispatchMouseEvent', { type: 'mouseWheel', x, y, deltaX: 0, deltaY })
    },
    async drag(first, ...points) {
      const mouse = (type: string, [x, y]: [number, number], buttons: number) =>
        send('Input.dispatchMouseEvent', { type, x, y, button: 'left', buttons, clickCount: 1 })
      await mouse('mousePressed', first!, 1)
      for (const point of points) await mouse('mouseMoved', point, 1)
      await mouse('mouseReleased', points.at(-1) ?? first!, 0)
    },
    async picture(whole = false) {
      if (whole) await metrics(Math.ceil(await evaluate<number>('document.documentElement.scrollHeight')))
      const { data } = await send<{ data: string }>('Page.captureScreenshot', { format: 'png' })
      if (whole) await metrics()
      return Buffer.from(data, 'base64')
    },
    async close() {
      await connection.send('Target.closeTarget', { targetId })
    },
  }
}
