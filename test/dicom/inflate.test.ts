// A deflated data set is inflated up to a limit, wherever an object is first looked at.
import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readFileMeta } from '../../src/dicom/file-meta.ts'
import { inflateDataSet } from '../../src/dicom/inflate.ts'
import { walkInstance } from '../../src/dicom/instance-walk.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import { LIMITS } from '../../src/domain/limits.ts'

const DEFLATED = '1.2.840.10008.1.2.1.99'

describe('inflating', () => {
  it('gives back what was deflated, up to the limit', () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, n) => n % 7)
    const inflated = inflateDataSet(deflateRawSync(bytes), 1000)
    expect('dataSet' in inflated && [...inflated.dataSet]).toEqual([...bytes])
    expect(inflateDataSet(deflateRawSync(bytes), 999)).toEqual({ fault: 'is larger than 999 bytes' })
    expect(inflateDataSet(deflateRawSync(bytes).subarray(0, -6))).toEqual({ fault: 'ends early or is damaged' })
  })

  it('stops a small object that would fill the memory, in the walk and in the parser', () => {
    const small = { '00080018': { vr: 'UI', Value: ['1.2.3'] }, '00080016': { vr: 'UI', Value: ['1.2.4'] } }
    const object = writePart10({ dataset: small, transferSyntaxUid: DEFLATED })
    const meta = readFileMeta(object)!
    const zeros = deflateRawSync(Buffer.alloc(LIMITS.inflatedBytes + 2), { level: 1 })
    const bomb = Buffer.concat([object.subarray(0, meta.dataSetOffset), zeros])
    expect(bomb.length).toBeLessThan(LIMITS.inflatedBytes / 100)
    expect(walkInstance(bomb, meta).truncation).toBe(
      `its deflated data set is larger than ${LIMITS.inflatedBytes} bytes`,
    )
    expect(() => readPart10(bomb)).toThrow('its deflated data set is larger than')
  })
})
