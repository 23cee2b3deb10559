// What was learnt of an archive, kept beyond the process: read again, or learnt anew where it cannot be read.
import { describe, expect, it } from 'vitest'
import { createWays } from '../../src/dicomweb/ways.ts'
import { AppError } from '../../src/domain/errors.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const WAYS = [{ name: 'as the standard has it' }, { name: 'no paging' }]

/** An archive that takes only the second form. */
function learning(kept: string | undefined) {
  const log = createKeptLog()
  const tried: string[] = []
  let memory = kept
  const keep = async (value: string) => {
    memory = value
  }
  const ways = createWays({
    log,
    memory: { recall: async () => memory, keep },
  })
  const ask = () =>
    ways.ask('studies', WAYS, async ({ name }) => {
      tried.push(name)
      if (name !== 'no paging') throw new AppError('ARCHIVE_REJECTED', 'the archive answered 400')
      return 'an answer'
    })
  return { ask, tried, ways, log, kept: () => memory }
}

describe('ways that were kept', () => {
  it('are tried first', async () => {
    const { ask, tried, ways } = learning('{"studies":"no paging"}')
    expect(await ask()).toBe('an answer')
    expect(tried).toEqual(['no paging'])
    expect(await ways.remembered()).toEqual({ studies: 'no paging' })
  })

  it.each(['', 'null', '[', '{"studies":', '{"studies":{"name":"no paging"}}', '["no paging"]'])(
    'as %j are learnt anew, with a word of it',
    async (text) => {
      const { ask, tried, log, kept } = learning(text)
      expect(await ask()).toBe('an answer')
      expect(tried).toEqual(['as the standard has it', 'no paging'])
      expect(log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
        'which forms of a query the archive accepts cannot be read; each is tried again',
      ])
      expect(kept()).toBe('{"studies":"no paging"}')
    },
  )
})
