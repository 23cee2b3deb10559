// Device (FHIR R4): the model bundle, one resource per bundle digest, shared by all its reports.
import type { Device } from '@medplum/fhirtypes'
import type { BundleIdentity } from '../domain/finding.ts'
import { BUNDLE_SYSTEM, SOFTWARE } from './codes.ts'
import { metaOf, type Wanted } from './context.ts'
import { keyValue } from './identifiers.ts'

export function bundleDevice(bundle: BundleIdentity): Wanted<Device> {
  const value = keyValue(bundle.id, bundle.version, bundle.digest.replace(/^sha256:/, '').slice(0, 16))
  return {
    role: 'device',
    key: { resourceType: 'Device', param: 'identifier', system: BUNDLE_SYSTEM, value },
    build: () => ({
      resourceType: 'Device',
      meta: metaOf(),
      identifier: [{ system: BUNDLE_SYSTEM, value }],
      status: 'active',
      deviceName: [{ name: bundle.name, type: 'model-name' }],
      modelNumber: bundle.id,
      type: { coding: [SOFTWARE], text: 'Machine-learning model bundle' },
      version: [{ value: bundle.version }],
      note: [
        { text: `sha256 of bundle.json ${bundle.digest}; sha256 of the segmentation weights ${bundle.weightsDigest}.` },
        { text: `Intended use: ${bundle.intendedUse} Licence: ${bundle.license}.` },
      ],
    }),
  }
}
