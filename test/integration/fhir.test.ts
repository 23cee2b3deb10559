// The ClinicalRecord contract on a real FHIR R4 server: GLIABRIDGE_TEST_FHIR is its base URL, GLIABRIDGE_TEST_FHIR_TOKEN a bearer if it needs one.
import { describe, it } from 'vitest'
import { describeClinicalRecord } from '../contract/clinical-record.ts'

const url = process.env.GLIABRIDGE_TEST_FHIR
const token = process.env.GLIABRIDGE_TEST_FHIR_TOKEN

if (url) {
  describeClinicalRecord('the server of GLIABRIDGE_TEST_FHIR', async () => ({
    url,
    auth: token ? { type: 'bearer', token } : { type: 'none' },
    ...(token && { headers: { authorization: `Bearer ${token}` } }),
    close: async () => {},
  }))
} else {
  describe('ClinicalRecord on a real FHIR server', () => {
    it.skip('needs GLIABRIDGE_TEST_FHIR, the base URL of a FHIR R4 server', () => {})
  })
}
