// gliabridge init: asks for what a site must specify, tries each part against the real peer, and writes a commented settings file.
import { writeFile } from 'node:fs/promises'
import { createInterface, type Interface } from 'node:readline/promises'
import { siteTimeZone } from '../../compose-watch.ts'
import { AppError } from '../../domain/errors.ts'
import { readRawSettings } from '../../settings/read.ts'
import type { Settings } from '../../settings/schema.ts'
import { createLog } from '../../telemetry/log.ts'
import { type Check, outcomeOf, printOutcome } from '../checks/check.ts'
import { checkStore } from '../checks/database.ts'
import { checkEhr } from '../checks/ehr.ts'
import { checkInference } from '../checks/inference.ts'
import { checkArchive } from '../checks/pacs.ts'
import { checkPort } from '../checks/port.ts'
import { type Answers, QUESTIONS, type Question } from '../init/questions.ts'
import { settingsOf, siteFile } from '../init/site-file.ts'

export interface InitOptions {
  out: string
  /** Write the file even if something failed. */
  keep?: boolean
  /** Ask nothing: use flags and defaults. */
  yes?: boolean
  /** Replace an existing file. */
  force?: boolean
}

export async function initCommand(flags: Answers, options: InitOptions): Promise<void> {
  const asks = !options.yes && process.stdin.isTTY === true
  const terminal = asks ? createInterface({ input: process.stdin, output: process.stdout }) : undefined
  try {
    const { answers, failed } = await ask(flags, terminal)
    if (failed > 0 && !options.keep && terminal === undefined)
      throw new AppError(
        'SETTINGS_INVALID',
        `${failed} of the parts above failed; nothing was written (--keep writes the file anyway)`,
      )
    const raw = settingsOf(answers)
    // Refuse invalid settings here, not at the first start.
    await readRawSettings(raw, process.env, options.out)
    await writeFile(options.out, siteFile(raw), { mode: 0o640, flag: options.force ? 'w' : 'wx' }).catch(
      (error: NodeJS.ErrnoException) => {
        const why =
          error.code === 'EEXIST' ? 'is there already (--force replaces it)' : `cannot be written (${error.code})`
        throw new AppError('SETTINGS_INVALID', `${options.out} ${why}`)
      },
    )
    process.stdout.write(
      `wrote ${options.out}; next: gliabridge --config ${options.out} check-config --write, then serve\n`,
    )
  } finally {
    terminal?.close()
  }
}

async function ask(flags: Answers, terminal: Interface | undefined): Promise<{ answers: Answers; failed: number }> {
  let answers: Answers = {}
  let failed = 0
  let partBegins = 0
  for (let index = 0; index < QUESTIONS.length; index += 1) {
    const question = QUESTIONS[index]!
    if (question.when?.(answers) ?? true) {
      // When a part is asked for again, what was answered before need not be typed again.
      const answer = await answerTo(question, flags, terminal, answers[question.key])
      answers = { ...answers, [question.key]: answer }
    }
    if (question.tries === undefined) continue
    const ok = await tryPart(question.tries, answers)
    if (!ok && terminal && !/^y/i.test(await terminal.question('Go on with this all the same? [y/N] '))) {
      index = partBegins - 1
      continue
    }
    if (!ok) failed += 1
    partBegins = index + 1
  }
  return { answers, failed }
}

async function answerTo(
  { key, text, fallback }: Question,
  flags: Answers,
  terminal: Interface | undefined,
  before: string | undefined,
): Promise<string> {
  const given = flags[key]
  if (given !== undefined) return given
  if (terminal === undefined) {
    if (fallback === undefined) throw new AppError('SETTINGS_INVALID', `--${key} is missing: ${text}`)
    return fallback
  }
  const offered = before || fallback
  // Where nothing is an answer too, there must be a way back to it.
  const mayBeNone = fallback === ''
  const none = offered && mayBeNone ? '; - for none' : ''
  for (;;) {
    const answer = (await terminal.question(`${text}${offered ? ` [${offered}${none}]` : ''}: `)).trim()
    if (mayBeNone && answer === '-') return ''
    if (answer !== '') return answer
    if (offered !== undefined) return offered
  }
}

/** Stand-ins for answers not given yet, so that one part can be tried by itself: never written to the file, never contacted. */
const PLACEHOLDERS: Answers = {
  'pacs-url': 'http://127.0.0.1:9',
  'ehr-url': 'http://127.0.0.1:9',
  'identifier-system': 'urn:gliabridge:none',
  'analysis-system': 'urn:gliabridge:none',
}

async function tryPart(part: NonNullable<Question['tries']>, answers: Answers): Promise<boolean> {
  let good = true
  for (const check of checksOf(part, () =>
    readRawSettings(settingsOf({ ...PLACEHOLDERS, ...answers }), process.env, 'the answers'),
  )) {
    const outcome = await outcomeOf(check)
    process.stdout.write(printOutcome(outcome))
    good &&= outcome.ok
  }
  return good
}

function checksOf(part: NonNullable<Question['tries']>, read: () => Promise<Settings>): Check[] {
  const log = createLog('error')
  const check = (name: string, run: (settings: Settings) => Promise<string[]>): Check => ({
    name,
    run: async () => run(await read()),
  })
  if (part === 'pacs')
    return [check('PACS', (settings) => checkArchive(settings, siteTimeZone(settings), { write: false, log }))]
  if (part === 'ehr') return [check('EHR', (settings) => checkEhr(settings, { write: false }))]
  return [
    check('state', (settings) => checkStore(settings.store, log)),
    check('pages', (settings) => checkPort(settings.http)),
    check('bundle', (settings) => checkInference(settings.inference, log)),
  ]
}
