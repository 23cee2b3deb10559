// Content items of structured reports as data sets (PS3.3 C.17.3): one function per value type; the tree is nested data.
import type { DicomJson, Uid } from '../../domain/study.ts'
import type { Vec3 } from '../../domain/volume.ts'
import { dataset, items, text } from '../dataset.ts'

/** How an item relates to its parent (PS3.3 Table C.17.3-8). */
export type Relationship =
  | 'CONTAINS'
  | 'HAS OBS CONTEXT'
  | 'HAS CONCEPT MOD'
  | 'HAS ACQ CONTEXT'
  | 'HAS PROPERTIES'
  | 'INFERRED FROM'
  | 'SELECTED FROM'

/** A composite object, or a part of it. */
export interface ObjectReference {
  sopClassUid: Uid
  sopInstanceUid: Uid
  /** 1-based, of a multi-frame image. */
  frameNumbers?: readonly number[]
  /** 1-based, of a segmentation. */
  segmentNumbers?: readonly number[]
}

/** `name` is a Code Sequence Macro item, here and below. */
function item(
  relationship: Relationship,
  valueType: string,
  name: DicomJson,
  value: DicomJson,
  children: readonly DicomJson[],
): DicomJson {
  return {
    ...dataset({ RelationshipType: relationship, ValueType: valueType, ConceptNameCodeSequence: [name] }),
    ...value,
    ...(children.length === 0 ? {} : dataset({ ContentSequence: children })),
  }
}

/** CONTAINER with Continuity of Content SEPARATE; `template` is the TID it follows, if it is the start of one (C.18.8). */
export function container(name: DicomJson, children: readonly DicomJson[], template?: string): DicomJson {
  return item('CONTAINS', 'CONTAINER', name, { ...separate(), ...contentTemplate(template) }, children)
}

/** The root container, which has no parent. */
export function rootContainer(name: DicomJson, children: readonly DicomJson[], template: string): DicomJson {
  return {
    ...dataset({ ValueType: 'CONTAINER', ConceptNameCodeSequence: [name], ContentSequence: children }),
    ...separate(),
    ...contentTemplate(template),
  }
}

const separate = () => dataset({ ContinuityOfContent: 'SEPARATE' })

function contentTemplate(identifier: string | undefined): DicomJson {
  if (identifier === undefined) return {}
  return dataset({
    ContentTemplateSequence: [
      dataset({ MappingResource: 'DCMR', MappingResourceUID: '1.2.840.10008.8.1.1', TemplateIdentifier: identifier }),
    ],
  })
}

/** What an item is about: its concept name as "DCM 112039", '' without one; `nameOf` gives the same for a concept. */
export function conceptOf(item: DicomJson): string {
  const [name] = items(item, 'ConceptNameCodeSequence')
  return name ? nameOf(name) : ''
}

export const nameOf = (concept: DicomJson) => `${text(concept, 'CodingSchemeDesignator')} ${text(concept, 'CodeValue')}`

type Children = readonly DicomJson[]

export function textItem(relationship: Relationship, name: DicomJson, value: string, children: Children = []) {
  return item(relationship, 'TEXT', name, dataset({ TextValue: value }), children)
}

export function codeItem(relationship: Relationship, name: DicomJson, value: DicomJson, children: Children = []) {
  return item(relationship, 'CODE', name, dataset({ ConceptCodeSequence: [value] }), children)
}

/** NUM: `value` is written as a decimal string and, exactly, as a double (C.18.1). */
export function numItem(
  relationship: Relationship,
  name: DicomJson,
  value: number,
  unit: DicomJson,
  children: Children = [],
) {
  const measured = dataset({ NumericValue: value, FloatingPointValue: value, MeasurementUnitsCodeSequence: [unit] })
  return item(relationship, 'NUM', name, dataset({ MeasuredValueSequence: [measured] }), children)
}

export function uidItem(relationship: Relationship, name: DicomJson, value: Uid) {
  return item(relationship, 'UIDREF', name, dataset({ UID: value }), [])
}

/** DICOM DA. */
export function dateItem(relationship: Relationship, name: DicomJson, value: string) {
  return item(relationship, 'DATE', name, dataset({ Date: value }), [])
}

/** DICOM TM. */
export function timeItem(relationship: Relationship, name: DicomJson, value: string) {
  return item(relationship, 'TIME', name, dataset({ Time: value }), [])
}

/** IMAGE; the entries of an image library have no name. */
export function imageItem(
  relationship: Relationship,
  name: DicomJson | undefined,
  reference: ObjectReference,
  children: Children = [],
): DicomJson {
  return {
    ...dataset({
      RelationshipType: relationship,
      ValueType: 'IMAGE',
      ...(name === undefined ? {} : { ConceptNameCodeSequence: [name] }),
      ReferencedSOPSequence: [referencedSop(reference)],
    }),
    ...(children.length === 0 ? {} : dataset({ ContentSequence: children })),
  }
}

/** COMPOSITE without a name: an object other than an image, for example a document. */
export function compositeItem(relationship: Relationship, reference: ObjectReference): DicomJson {
  return dataset({
    RelationshipType: relationship,
    ValueType: 'COMPOSITE',
    ReferencedSOPSequence: [referencedSop(reference)],
  })
}

function referencedSop({ sopClassUid, sopInstanceUid, frameNumbers, segmentNumbers }: ObjectReference): DicomJson {
  return dataset({
    ReferencedSOPClassUID: sopClassUid,
    ReferencedSOPInstanceUID: sopInstanceUid,
    ...(frameNumbers === undefined ? {} : { ReferencedFrameNumber: frameNumbers }),
    ...(segmentNumbers === undefined ? {} : { ReferencedSegmentNumber: segmentNumbers }),
  })
}

/** SCOORD: a line on an image. Points are (column, row); the middle of the first pixel is (0.5, 0.5) (C.18.6.1). */
export function lineItem(
  relationship: Relationship,
  name: DicomJson,
  points: readonly (readonly [number, number])[],
  image: ObjectReference,
) {
  return item(relationship, 'SCOORD', name, dataset({ GraphicData: points.flat(), GraphicType: 'POLYLINE' }), [
    imageItem('SELECTED FROM', undefined, image),
  ])
}

/** SCOORD3D: a line in patient space, LPS mm (C.18.9). */
export function spatialLineItem(
  relationship: Relationship,
  name: DicomJson,
  points: readonly Vec3[],
  frameOfReferenceUid: Uid,
) {
  const value = {
    GraphicData: points.flat(),
    GraphicType: 'POLYLINE',
    ReferencedFrameOfReferenceUID: frameOfReferenceUid,
  }
  return item(relationship, 'SCOORD3D', name, dataset(value), [])
}
