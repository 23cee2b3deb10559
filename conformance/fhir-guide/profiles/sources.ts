// Profiles of the resources that state the source of a result: Device, ImagingStudy, Provenance, and the Binary behind a large PDF.
import { BUNDLE_SYSTEM, DEVICE_VERSION_SYSTEM, MR, SOFTWARE } from '../../../src/fhir/resources/codes.ts'
import { invariant, type Profile } from '../profile.ts'
import { ASSERTED_BY_AI, IMAGING_STUDY_IDENTIFIER, identifier, meta, subject, text } from './common.ts'

export const device: Profile = {
  id: 'gliabridge-model-bundle',
  type: 'Device',
  title: 'Model bundle',
  description:
    'The model that made the statements: one Device per bundle digest, created once, shared by all its reports, never changed. udiCarrier is filled where the bundle is a registered device.',
  invariants: [
    ASSERTED_BY_AI,
    invariant(
      'gb-device-1',
      'Identified by the bundle',
      `identifier.where(system = '${BUNDLE_SYSTEM}' and value.exists()).exists()`,
    ),
    invariant(
      'gb-device-2',
      'A version for people, and the SHA-256 of manifest and weights',
      `version.where(type.empty()).count() = 1 and version.where(type.coding.where(system = '${DEVICE_VERSION_SYSTEM}').exists()).all(value.matches('^[0-9a-f]{64}$')) and version.type.coding.where(code = 'bundle-digest').exists() and version.type.coding.where(code = 'weights-digest').exists()`,
    ),
    invariant(
      'gb-device-3',
      'Where there is a UDI, it names device and issuer',
      'udiCarrier.all(deviceIdentifier.exists() and issuer.exists())',
    ),
  ],
  rules: [
    meta('Device'),
    text('Device'),
    identifier('Device'),
    { path: 'Device.udiCarrier', short: 'UDI of a bundle that is a registered device' },
    { path: 'Device.status', min: 1 },
    { path: 'Device.deviceName', min: 1 },
    { path: 'Device.modelNumber', min: 1 },
    {
      path: 'Device.type',
      min: 1,
      patternCodeableConcept: { coding: [{ system: SOFTWARE.system!, code: SOFTWARE.code! }] },
    },
    { path: 'Device.version', min: 3 },
    { path: 'Device.note', min: 1, short: 'Intended use, licence, digests in words' },
  ],
}

export const imagingStudy: Profile = {
  id: 'gliabridge-imaging-study',
  type: 'ImagingStudy',
  title: 'The analysed study',
  description:
    'Written only when the EHR has none under this Study Instance UID; never changed. What the EHR has already is referred to as it is, and need not be valid here.',
  invariants: [
    ASSERTED_BY_AI,
    IMAGING_STUDY_IDENTIFIER,
    invariant('gb-study-mr', 'Magnetic resonance', `modality.where(system = '${MR.system}' and code = 'MR').exists()`),
  ],
  rules: [
    meta('ImagingStudy'),
    text('ImagingStudy'),
    identifier('ImagingStudy'),
    { path: 'ImagingStudy.status' },
    { path: 'ImagingStudy.modality', min: 1, short: 'MR' },
    subject('ImagingStudy'),
    { path: 'ImagingStudy.started', short: 'Date of the study, without a time zone that nobody stated' },
    { path: 'ImagingStudy.description' },
  ],
}

export const provenance: Profile = {
  id: 'gliabridge-provenance',
  type: 'Provenance',
  title: 'Who asserted it, from what',
  description:
    'One per analysis, over all its resources. Found again by meta.tag, since R4 gives Provenance no identifier. Sources are the study, each DICOM series, and the patient whose record gave a fact; derivation is the model card.',
  invariants: [
    ASSERTED_BY_AI,
    invariant(
      'gb-provenance-1',
      'Reason: asserted by artificial intelligence',
      "reason.coding.where(code = 'AIAST').exists()",
    ),
    invariant(
      'gb-provenance-2',
      'The author is the Device of the bundle',
      "agent.where(type.coding.where(code = 'author').exists() and who.reference.exists()).exists()",
    ),
    invariant(
      'gb-provenance-3',
      'Study and at least one series as sources',
      "entity.where(role = 'source').count() >= 2 and entity.where(what.identifier.where(system = 'urn:dicom:uid').exists()).exists()",
    ),
    invariant('gb-provenance-4', 'The model card, once', "entity.where(role = 'derivation').count() = 1"),
    invariant(
      'gb-provenance-5',
      'Tagged with the analysis',
      'meta.tag.where(system.exists() and code.exists()).exists()',
    ),
  ],
  rules: [
    meta('Provenance'),
    text('Provenance'),
    { path: 'Provenance.target' },
    { path: 'Provenance.recorded' },
    { path: 'Provenance.reason', min: 1 },
    { path: 'Provenance.activity', min: 1 },
    { path: 'Provenance.agent', min: 2 },
    { path: 'Provenance.agent.type', min: 1 },
    { path: 'Provenance.entity', min: 3 },
  ],
}

export const binary: Profile = {
  id: 'gliabridge-pdf',
  type: 'Binary',
  title: 'A large PDF',
  description: 'The PDF of a report above 512 KiB, referred to by the attachments of report and document.',
  invariants: [ASSERTED_BY_AI, invariant('gb-pdf-1', 'A PDF', "contentType = 'application/pdf'")],
  rules: [meta('Binary'), { path: 'Binary.data', min: 1 }],
}
