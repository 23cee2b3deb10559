import { describe, expect, it } from 'vitest'
import { isXz, unpackXz } from '../../src/evaluation/xz.ts'
import { rejection } from '../inference/support.ts'

/** Python: lzma.compress(bytes(range(256)) * 3 + b'Gliabridge'), with the default checksum CRC64. */
const packed = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AMJAPhdAAAAUlAKhPmbsoAhqWnWJ+A+BlpfBI1T1AS6OVcFCcFVJN6duHFZMWChn/lvSXPyyOqMuhqLKWkhgP4zg2avRm3snomKC4PwPA6Jjj/tX+eekNkc/zL0suA5UbLSFBW0xXG62wbjeZqfuzjBsACskwuqBhkDEggVW5vISPAyLv4toIfI8KTg0lHrjWdWkrJNhMXxhjHfamJbwnkt2fc8c7p0dAfYPKlWIiShZvhahF8wZ9L2S0kufyDr2/gQDpR4d8c/a++0zZXib/ZEbgbPC4Iay9t68FeNmP+QwD7mwRJBde4DKJbrE/unKMvQZt4K0Mvn8Wdht9YAALtT7L+W+yYAAAGUAooGAAAF+Qu5scRn+wIAAAAABFla',
  'base64',
)

describe('an xz file', () => {
  it('is known by its magic and unpacked to its bytes', async () => {
    expect(isXz(packed)).toBe(true)
    expect(isXz(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]))).toBe(false)
    expect(isXz(new Uint8Array(0))).toBe(false)
    const bytes = await unpackXz(packed, 'a.nii.xz')
    expect(bytes).toHaveLength(3 * 256 + 10)
    expect([...bytes.subarray(255, 258)]).toEqual([255, 0, 1])
    expect(Buffer.from(bytes.subarray(768)).toString()).toBe('Gliabridge')
  })

  it('that is cut or has a wrong byte is refused, naming the file', async () => {
    const wrong = Uint8Array.from(packed)
    wrong[40]! ^= 1
    for (const bytes of [packed.subarray(0, packed.length - 9), wrong])
      expect(await rejection(unpackXz(bytes, 'case_t1.nii.xz'))).toMatchObject({
        code: 'INSTANCE_INVALID',
        message: 'case_t1.nii.xz: the xz stream is damaged',
      })
  })
})
