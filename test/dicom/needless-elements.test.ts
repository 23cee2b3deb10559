// Elements that the image does not need, as writers of many kinds leave them: passed over, and the pixels are the pixels.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { text } from '../../src/dicom/dataset.ts'
import { readFileMeta } from '../../src/dicom/file-meta.ts'
import { walkInstance } from '../../src/dicom/instance-walk.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { planSeries, VolumeBuilder } from '../../src/dicom/series-volume.ts'
import { AppError } from '../../src/domain/errors.ts'
import { classicSeries, picture, seriesOf, type TestSeries } from './support.ts'

const LONG = new Set(['OB', 'OW', 'SQ', 'UN', 'UT'])

/** One element in Explicit VR Little Endian, right or wrong; `form` overrides where its length stands. */
function raw(tag: number, vr: string, value: Uint8Array, form?: { length?: number; long?: boolean }): Buffer {
  const long = form?.long ?? LONG.has(vr)
  const header = Buffer.alloc(long ? 12 : 8)
  header.writeUInt16LE(tag >>> 16, 0)
  header.writeUInt16LE(tag & 0xffff, 2)
  header.write(vr, 4, 'latin1')
  const length = form?.length ?? value.length
  if (long) header.writeUInt32LE(length, 8)
  else header.writeUInt16LE(length, 6)
  return Buffer.concat([header, value])
}

/** Without a VR, as in Implicit VR. */
function bare(tag: number, value: Uint8Array, length = value.length): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16LE(tag >>> 16, 0)
  header.writeUInt16LE(tag & 0xffff, 2)
  header.writeUInt32LE(length, 4)
  return Buffer.concat([header, value])
}

const UNDEFINED = 0xffffffff
const item = (content: Buffer, length = content.length) => bare(0xfffee000, content, length)
const END_OF_ITEM = bare(0xfffee00d, Buffer.alloc(0))
const END_OF_SEQUENCE = bare(0xfffee0dd, Buffer.alloc(0))
const CREATOR = raw(0x00290010, 'LO', Buffer.from('MAKER 1 '))

/** Puts bytes where an element of this tag belongs; the files of the test have defined lengths only. */
function insert(file: Uint8Array, tag: number, bytes: Buffer): Uint8Array {
  const data = Buffer.from(file)
  let at = readFileMeta(file)!.dataSetOffset
  for (;;) {
    if (at >= data.length || data.readUInt16LE(at) * 0x10000 + data.readUInt16LE(at + 2) >= tag) break
    const long = LONG.has(data.toString('latin1', at + 4, at + 6))
    at += long ? 12 + data.readUInt32LE(at + 8) : 8 + data.readUInt16LE(at + 6)
  }
  return new Uint8Array(Buffer.concat([data.subarray(0, at), bytes, data.subarray(at)]))
}

async function volumeOf({ series, files }: TestSeries, change: (file: Uint8Array) => Uint8Array) {
  const builder = new VolumeBuilder(planSeries(series))
  for (const file of files) {
    const changed = change(file)
    const walked = walkInstance(changed, readFileMeta(changed)!)
    expect(walked.truncation).toBeUndefined()
    await builder.add(changed)
  }
  return { volume: builder.finish(), notes: builder.notes() }
}

describe('an element that the image does not need', () => {
  const cases: [string, number, Buffer][] = [
    ['a private element with VR "??"', 0x00290010, Buffer.concat([CREATOR, raw(0x00291010, '??', Buffer.from('ab'))])],
    ['a VR of two blanks', 0x00290010, Buffer.concat([CREATOR, raw(0x00291010, '  ', Buffer.from('abcd'))])],
    ['a VR of zeros, long form', 0x00290010, raw(0x00291010, '\0\0', Buffer.alloc(70_000, 1), { long: true })],
    ['a VR of a later standard', 0x00290010, raw(0x00291010, 'ZZ', Buffer.alloc(66_000, 7), { long: true })],
    ['a number of the wrong size', 0x00290010, Buffer.concat([CREATOR, raw(0x00291011, 'UL', Buffer.from([1, 0]))])],
    ['a standard number of the wrong size', 0x00189073, raw(0x00189073, 'FD', Buffer.from([1, 2, 3, 4]))],
    ['an element without a VR', 0x00290010, bare(0x00290010, Buffer.from('MAKER 1 '))],
    [
      'several elements without a VR',
      0x00290010,
      Buffer.concat([
        bare(0x00290010, Buffer.from('MAKER 1 ')),
        bare(0x00291001, Buffer.from('x ')),
        bare(0x00291002, Buffer.alloc(300)),
      ]),
    ],
    [
      'a UN sequence whose items have VRs',
      0x20050010,
      Buffer.concat([
        raw(0x20050010, 'LO', Buffer.from('Philips MR Imaging DD 001 ')),
        raw(
          0x20051083,
          'UN',
          Buffer.concat([
            item(Buffer.concat([raw(0x00080100, 'SH', Buffer.from('ABC ')), END_OF_ITEM]), UNDEFINED),
            END_OF_SEQUENCE,
          ]),
          { length: UNDEFINED },
        ),
      ]),
    ],
    [
      'a UN sequence whose items have none',
      0x20050010,
      raw(
        0x20051083,
        'UN',
        Buffer.concat([
          item(Buffer.concat([bare(0x00080100, Buffer.from('ABC ')), END_OF_ITEM]), UNDEFINED),
          END_OF_SEQUENCE,
        ]),
        { length: UNDEFINED },
      ),
    ],
    [
      'a delimiter left over',
      0x00081140,
      Buffer.concat([raw(0x00081140, 'SQ', item(Buffer.alloc(0))), END_OF_SEQUENCE]),
    ],
    [
      'an item delimiter left over',
      0x00081140,
      Buffer.concat([raw(0x00081140, 'SQ', item(Buffer.alloc(0))), END_OF_ITEM]),
    ],
    ['damage within a private sequence', 0x00290010, raw(0x00291020, 'SQ', Buffer.from('this is no item at all!!'))],
    [
      'damage within a sequence of the standard',
      0x00081140,
      raw(0x00081140, 'SQ', item(raw(0x00081150, 'UI', Buffer.alloc(2), { length: 900 }))),
    ],
    ['text in no character set', 0x0008103e, raw(0x0008103e, 'LO', Buffer.from('T1 Sch\xe4del ', 'latin1'))],
  ]
  it.each(cases)('%s', async (_name, tag, bytes) => {
    const made = await classicSeries()
    const { volume } = await volumeOf(made, (file) => insert(file, tag, bytes))
    const [nx, ny, nz] = volume.grid.size
    const at = (i: number, j: number, k: number) => volume.data[i + nx * (j + ny * k)]
    for (const [i, j, k] of [
      [0, 0, 0],
      [nx - 1, 0, nz - 1],
      [3, ny - 1, 2],
      [21, 8, 5],
    ] as const)
      expect(at(i, j, k)).toBe(picture(i, j, k))
    // What stands after it is read as well.
    const [first] = made.files
    const { dataset } = readPart10(insert(first!, tag, bytes))
    expect([text(dataset, 'PatientID'), text(dataset, 'PixelRepresentation')]).toEqual(['P-0001', '0'])
  })

  it('whatever bytes its text has, and whatever SpecificCharacterSet says', async () => {
    const { files } = await classicSeries()
    const [file] = files as [Uint8Array, ...Uint8Array[]]
    const pixels = Buffer.from(readPart10(file).frames()[0]!)
    const bytes = fc.uint8Array({ maxLength: 64 }).map((value) => (value.length % 2 ? value.subarray(1) : value))
    const names = fc.array(
      fc.oneof(
        fc.constantFrom('ISO_IR 100', 'ISO 2022 IR 87', 'ISO-IR 192', 'GB18030', 'GBK', 'UTF-8', 'ISO 2022 IR 149', ''),
        fc.string({ maxLength: 12 }),
      ),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(bytes, names, (description, charsets) => {
        const set = Buffer.from(charsets.join('\\'), 'latin1')
        const even = set.length % 2 ? Buffer.concat([set, Buffer.from(' ')]) : set
        const changed = insert(
          insert(file, 0x0008103e, raw(0x0008103e, 'LO', description)),
          0x00080000,
          raw(0x00080005, 'CS', even),
        )
        const read = readPart10(changed)
        expect(Buffer.from(read.frames()[0]!).equals(pixels)).toBe(true)
        expect(text(read.dataset, 'PatientID')).toBe('P-0001')
      }),
      { numRuns: 300 },
    )
  })

  it('is no excuse for a file that ends early', async () => {
    const { files } = await classicSeries()
    const whole = insert(files[0]!, 0x00290010, raw(0x00291010, '??', Buffer.from('ab')))
    const cut = whole.subarray(0, whole.length - 40)
    expect(walkInstance(cut, readFileMeta(cut)!).truncation).toContain('it ends within an element')
    expect(() => readPart10(cut)).toThrow(AppError)
  })

  it('is named in a note of the series when its text could not be decoded', async () => {
    const made = await classicSeries()
    const bytes = raw(0x0008103e, 'LO', Buffer.from('T1 Sch\xe4del ', 'latin1'))
    const misspelt = (file: Uint8Array) => {
      const changed = Buffer.from(insert(file, 0x0008103e, bytes))
      changed.write('GB18030\\ISO', changed.indexOf('ISO_IR 192'), 10, 'latin1')
      return new Uint8Array(changed)
    }
    const { notes } = await volumeOf(made, misspelt)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatchObject({ code: 'text-not-decoded', severity: 'info' })
    expect(notes[0]!.text).toContain('(SeriesDescription')
  })
})

describe('labels of stacks and time points', () => {
  const labelled = async (label: (k: number) => string, tag: string) => {
    const { files } = await classicSeries({
      edit: (ds, k) => ({ ...ds, [tag]: label(k) === '' ? { vr: 'SH' } : { vr: 'SH', Value: [label(k)] } }),
    })
    return planSeries(seriesOf(files))
  }

  it.each(['00209056', '00200100'])('contradict no volume where they tell none apart (%s)', async (tag) => {
    expect((await labelled((k) => String(k + 1), tag)).grid.size[2]).toBe(7)
    expect((await labelled((k) => (k < 3 ? '' : '1'), tag)).grid.size[2]).toBe(7)
    expect((await labelled((k) => (k === 2 ? '2' : '1'), tag)).grid.size[2]).toBe(7)
  })

  it('still tell two volumes in one series apart', async () => {
    await expect(labelled((k) => (k < 3 ? '1' : '2'), '00209056')).rejects.toThrow('several stacks in one series')
    await expect(labelled((k) => String(k % 2), '00200100')).rejects.toThrow('several time points in one series')
  })
})
