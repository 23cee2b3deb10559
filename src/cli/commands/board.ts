// gliabridge board: one PDF for a tumour board meeting, from the running service; says which patients are not in it, and why.
import { readFile, writeFile } from 'node:fs/promises'
import { type BoardRequest, type NotShown, readPatientList } from '../../domain/board.ts'
import { AppError } from '../../domain/errors.ts'
import { readSettings } from '../../settings/read.ts'
import { NOT_SHOWN } from '../../wording/meeting.ts'
import { mustAnswer, mustAnswerBytes } from '../service-api.ts'

export interface BoardCommandOptions {
  patients?: string
  list?: string
  out: string
}

export async function boardCommand(config: string | undefined, options: BoardCommandOptions): Promise<void> {
  const { http } = await readSettings(config, process.env)
  const request = await askedOf(options)
  const { patients } = (await mustAnswer(http, '/api/board', request)) as {
    patients: { requested: string; notShown?: NotShown }[]
  }
  await writeFile(options.out, await mustAnswerBytes(http, '/api/board.pdf', request))
  const missing = patients.flatMap(({ requested: name, notShown }) => (notShown ? [{ name, notShown }] : []))
  process.stdout.write(`wrote ${options.out}: ${patients.length - missing.length} of ${patients.length} patients\n`)
  for (const { name, notShown } of missing) process.stdout.write(`  ${name}: ${NOT_SHOWN[notShown]}\n`)
}

async function askedOf({ patients, list }: BoardCommandOptions): Promise<BoardRequest> {
  if ((patients === undefined) === (list === undefined))
    throw new AppError('SETTINGS_INVALID', 'board takes either --patients or --list')
  if (patients === undefined) return { list: list! }
  const text = await readFile(patients, 'utf8').catch((cause: unknown) => {
    throw new AppError('NOT_FOUND', `the list of patients cannot be read: ${patients}`, { cause })
  })
  return { patients: readPatientList(text) }
}
