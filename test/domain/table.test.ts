import { describe, expect, it } from 'vitest'
import { textDecoding } from '../../src/dicom/charset.ts'
import { table } from '../../src/domain/table.ts'
import { decoderOf } from '../../src/receiving/hl7/charset.ts'
import { SEX_NAMES } from '../../src/wording/names.ts'

const INHERITED = Object.getOwnPropertyNames(Object.prototype)

describe('a table whose keys come from outside', () => {
  it('has its entries', () => {
    expect(table({ M: 'male', '': 'nothing' })).toMatchObject({ M: 'male', '': 'nothing' })
  })

  it.each(INHERITED)('does not know %s, which every object has', (name) => {
    expect(table({ M: 'male' })[name]).toBeUndefined()
    expect(SEX_NAMES[name]).toBeUndefined()
    expect(textDecoding([name])).toBeUndefined()
    expect(decoderOf([name])).toBeUndefined()
  })
})
