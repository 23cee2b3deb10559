// A real browser (Debian's chromium, headless), driven by Playwright, which is told to download none.
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type BrowserContext, type CDPSession, chromium, type Frame, type Page } from 'playwright-core'

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
  /** The frame of another site whose address begins so, within whatever tab is open. */
  frame(url: string): Promise<Pick<Tab, 'evaluate' | 'until'>>
  close(): Promise<void>
}

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const SIZE = { width: 1280, height: 900 }

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
  const executablePath = await findBrowser()
  if (!executablePath) throw new Error('no browser is installed: apt-get install chromium')
  const profile = await mkdtemp(join(tmpdir(), 'gliabridge-browser-'))
  // As a hospital's browser is: Playwright's own flags would turn off what pages in frames are tested for, such as cookies kept apart by site.
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    ignoreDefaultArgs: true,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--hide-scrollbars',
      '--remote-debugging-pipe',
      ...flags,
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    env: { ...process.env, ...environment } as Record<string, string>,
    viewport: SIZE,
  })
  return {
    tab: async () => openTab(await context.newPage()),
    frame: async (url) => {
      const frame = await frameAt(context, url)
      return evaluator(await context.newCDPSession(frame))
    },
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}

async function frameAt(context: BrowserContext, url: string): Promise<Frame> {
  for (let i = 0; i < 300; i += 1) {
    const frame = context
      .pages()
      .flatMap((page) => page.frames())
      .find((one) => one.parentFrame() !== null && one.url().startsWith(url))
    if (frame) return frame
    await wait(100)
  }
  throw new Error(`no frame came to ${url}`)
}

/** By the DevTools protocol, since the content policy of our pages forbids scripts made of texts. */
function evaluator(session: CDPSession): Pick<Tab, 'evaluate' | 'until'> {
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value as T
  }
  return {
    evaluate,
    async until(expression) {
      for (let i = 0; !(await evaluate<boolean>(`Boolean(${expression})`)); i += 1) {
        if (i > 300) throw new Error(`did not become true: ${expression}`)
        await wait(100)
      }
    },
  }
}

async function openTab(page: Page): Promise<Tab> {
  const session = await page.context().newCDPSession(page)
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', ({ message }) => errors.push(message))
  return {
    ...evaluator(session),
    errors,
    open: async (url) => void (await page.goto(url)),
    size: (width, height) => page.setViewportSize({ width, height }),
    scheme: (colorScheme) => page.emulateMedia({ colorScheme }),
    scripts: async (on) => void (await session.send('Emulation.setScriptExecutionDisabled', { value: !on })),
    async press(key, hold) {
      if (hold !== 'up') await page.keyboard.down(key)
      if (hold !== 'down') await page.keyboard.up(key)
    },
    async wheel(x, y, deltaY) {
      await page.mouse.move(x, y)
      await page.mouse.wheel(0, deltaY)
    },
    async drag([x, y] = [0, 0], ...points) {
      await page.mouse.move(x, y)
      await page.mouse.down()
      for (const point of points) await page.mouse.move(...point)
      await page.mouse.up()
    },
    picture: (whole = false) => page.screenshot({ fullPage: whole }),
    close: () => page.close(),
  }
}
