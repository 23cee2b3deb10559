// Which studies are taken, by modality and body part, and what counts as an image.
import { describe, expect, it } from 'vitest'
import { dataset } from '../../src/dicom/dataset.ts'
import type { Series, Study } from '../../src/domain/study.ts'
import { isBrainMr } from '../../src/triggers/eligible.ts'
import { imageSetOf, isSourceImage } from '../../src/triggers/image-set.ts'
import { MR, SEG } from '../support/instances.ts'

let made = 0
function series(modality: string, attributes: Parameters<typeof dataset>[0] = {}, sopClassUid = MR): Series {
  made += 1
  return {
    seriesInstanceUid: `1.2.${made}`,
    modality,
    instances: [{ sopInstanceUid: `1.2.${made}.1`, sopClassUid, metadata: dataset(attributes) }],
  }
}
/** Not by way of `dataset`, which refuses what no scanner should write. */
const withPart = (part: string): Series => ({
  ...series('MR'),
  instances: [{ sopInstanceUid: '1.9', sopClassUid: MR, metadata: { '00180015': { vr: 'CS', Value: [part] } } }],
})
const study = (...all: Series[]): Study => ({ studyInstanceUid: '1.2', series: all })
const region = (value: string) => ({
  AnatomicRegionSequence: dataset({ CodeValue: value, CodingSchemeDesignator: 'SCT', CodeMeaning: 'x' }),
})

describe('isBrainMr', () => {
  it.each([
    ['HEAD', { BodyPartExamined: 'HEAD' }],
    ['BRAIN', { BodyPartExamined: 'BRAIN' }],
    ['HEADNECK', { BodyPartExamined: 'HEADNECK' }],
    ['KOPF', { BodyPartExamined: 'KOPF' }],
    ['no body part', {}],
    ['an empty body part', { BodyPartExamined: '' }],
    ['the region Brain', region('12738006')],
    ['the region Head in SNOMED RT', region('T-D1100')],
  ])('takes MR with %s', (_, attributes) => {
    expect(isBrainMr(study(series('MR', attributes)))).toEqual({ eligible: true })
  })

  it.each([
    ['KNEE', [series('MR', { BodyPartExamined: 'KNEE' })], 'not a study of the head: body part KNEE'],
    [
      'several parts',
      [series('MR', { BodyPartExamined: 'TSPINE' }), series('MR', { BodyPartExamined: 'LSPINE' })],
      'not a study of the head: body part LSPINE, TSPINE',
    ],
    ['another region', [series('MR', region('72696002'))], 'not a study of the head: body part code 72696002'],
    ['CT', [series('CT', { BodyPartExamined: 'HEAD' })], 'no MR series among the images (CT)'],
    ['results only', [series('SEG', {}, SEG)], 'the study holds no images'],
    ['nothing', [], 'the study holds no images'],
  ])('leaves %s with a reason', (_, all, reason) => {
    expect(isBrainMr(study(...all))).toEqual({ eligible: false, reason })
  })

  it('takes a study when one MR series is of the head', () => {
    expect(
      isBrainMr(
        study(series('MR', { BodyPartExamined: 'CSPINE' }), series('MR', { BodyPartExamined: 'BRAIN' }), series('CT')),
      ),
    ).toEqual({ eligible: true })
  })

  it.each(['MRT KOPF', 'Schädel', 'tête', 'GŁOWA', 'BRAIN_STEM'])('takes MR of %s, as some scanners write', (part) => {
    expect(isBrainMr(study(withPart(part), series('MR', { BodyPartExamined: 'KNEE' })))).toEqual({ eligible: true })
  })

  it.each([
    'CABECA',
    'HOOFD',
    'HUVUD',
    'CERVEAU',
    'MRBRAIN',
    'Schädel/Hirn',
    'CRÂNE',
    'GŁOWA',
    'HLAVA',
    'ГОЛОВА',
    'GLAVA',
    'mozak',
    'SMEGENYS',
    'CAPO',
    'ראש',
    'मस्तिष्क',
    '頭部',
    '颅脑',
    '뇌',
    'Sọ não',
  ])('takes MR of %s: the head in another language', (part) => {
    expect(isBrainMr(study(withPart(part), series('MR', { BodyPartExamined: 'KNEE' })))).toEqual({ eligible: true })
  })

  it.each([
    'UNKNOWN',
    'OTHER',
    'NONE',
    'NA',
    'N/A',
    'n.a.',
    'Unspecified',
    'ANDERE',
    'AUTRE',
    'DESCONOCIDO',
    'NÃO INFORMADO',
    'No especificado',
    'non spécifié',
    'не указано',
    '不明',
    'その他',
    'WHOLEBODY',
    'x',
    '-',
    '???',
    'MR',
  ])('takes MR of "%s", which says nothing', (part) => {
    expect(isBrainMr(study(withPart(part), series('MR', { BodyPartExamined: 'KNEE' })))).toEqual({ eligible: true })
  })

  it.each([
    'TESTICLE',
    'CERVICAL SPINE',
    'HALS',
    'COL',
    'CAPSULE',
    'FOREARM',
    'BASIN',
    'KNIE',
    'RODILLA',
    'FEMUR HEAD',
    'HUMERAL HEAD',
  ])('does not take %s for the head, however it begins', (part) => {
    expect(isBrainMr(study(withPart(part)))).toMatchObject({ eligible: false })
  })

  it('lets free text in the place of the body part say nothing, and does not show it', () => {
    expect(isBrainMr(study(withPart('Kowalski, Anna')))).toEqual({ eligible: true })
    const other = isBrainMr(study({ ...withPart('x'), modality: 'Kowalski, Anna' }))
    expect(other).toEqual({ eligible: false, reason: 'no MR series among the images (unnamed)' })
  })
})

describe('the image set', () => {
  it('has the images of all modalities, and nothing that is only about images', () => {
    expect(isSourceImage(series('MR'))).toBe(true)
    expect(isSourceImage(series('PT', {}, '1.2.840.10008.5.1.4.1.1.128'))).toBe(true)
    for (const modality of ['SEG', 'SR', 'PR', 'KO', 'DOC', 'RTSTRUCT', 'REG'])
      expect(isSourceImage(series(modality))).toBe(false)
    for (const sopClass of [
      SEG,
      '1.2.840.10008.5.1.4.1.1.7',
      '1.2.840.10008.5.1.4.1.1.7.4',
      '1.2.840.10008.5.1.4.1.1.66',
      '1.2.840.10008.5.1.4.1.1.88.22',
      '1.2.840.10008.5.1.4.1.1.11.1',
      '1.2.840.10008.5.1.4.1.1.104.1',
    ]) {
      expect(isSourceImage(series('OT', {}, sopClass))).toBe(false)
    }
    // Our own map of uncertainty, which says MR, must not look like new images to a service that does not know it.
    expect(isSourceImage(series('MR', {}, '1.2.840.10008.5.1.4.1.1.30'))).toBe(false)
    expect(isSourceImage(series('XC', {}, '1.2.840.10008.5.1.4.1.1.77.1.4'))).toBe(true)
    expect(isSourceImage({ modality: 'MR', instances: [] })).toBe(false)
  })

  it('has a digest that depends on the set alone', () => {
    const [a, b, seg] = [series('MR'), series('MR'), series('SEG', {}, SEG)]
    expect(imageSetOf([a, b, seg]).digest).toBe(imageSetOf([b, a]).digest)
    expect(imageSetOf([a]).digest).not.toBe(imageSetOf([a, b]).digest)
    expect(imageSetOf([a, b], new Set([b.instances[0]!.sopInstanceUid]))).toEqual(imageSetOf([a]))
  })
})
