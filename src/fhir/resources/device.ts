// Device (FHIR R4): the model bundle, one resource per bundle digest, shared by all its reports.
import type { Device } from '@medplum/fhirtypes'
import type { BundleIdentity } from '../../domain/finding.ts'
import { BUNDLE_SYSTEM, deviceVersionType, SOFTWARE } from './codes.ts'
import { metaOf, type ResourceSpec } from './context.ts'
import { keyValue } from './identifiers.ts'
import { narrative } from './narrative.ts'

/** Identifier of the bundle's Device, and of its model card. */
export function bundleKey(bundle: BundleIdentity): string {
  return keyValue(bundle.id, bundle.version, bundle.digest.replace(/^sha256:/, '').slice(0, 16))
}

export function bundleDevice(bundle: BundleIdentity): ResourceSpec<Device> {
  const value = bundleKey(bundle)
  return {
    role: 'device',
    key: { resourceType: 'Device', param: 'identifier', system: BUNDLE_SYSTEM, value },
    build: () => ({
      resourceType: 'Device',
      meta: metaOf(),
      text: narrative([
        `Machine-learning model ${bundle.name} (${bundle.id}), version ${bundle.version}: software that reads MR images. No person's judgement is in what it states.`,
        `Intended use: ${bundle.intendedUse}`,
      ]),
      identifier: [{ system: BUNDLE_SYSTEM, value }],
      ...(bundle.udi && { udiCarrier: [bundle.udi] }),
      status: 'active',
      deviceName: [{ name: bundle.name, type: 'model-name' }],
      modelNumber: bundle.id,
      type: { coding: [SOFTWARE], text: 'Machine-learning model bundle' },
      version: [
        { value: bundle.version },
        { type: deviceVersionType('bundle-digest'), value: bundle.digest },
        { type: deviceVersionType('weights-digest'), value: bundle.weightsDigest },
      ],
      note: [
        { text: `sha256 of bundle.json ${bundle.digest}; sha256 of the segmentation weights ${bundle.weightsDigest}.` },
        { text: `Intended use: ${bundle.intendedUse} Licence: ${bundle.license}.` },
      ],
    }),
  }
}
