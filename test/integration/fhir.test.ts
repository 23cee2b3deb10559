// The ClinicalRecord contract on a real FHIR R4 server: HAPI FHIR's JPA server, or the one whose base URL is GLIABRIDGE_TEST_FHIR (GLIABRIDGE_TEST_FHIR_TOKEN: a bearer if it needs one).
import { describe, it } from 'vitest'
import { describeClinicalRecord } from '../contract/clinical-record.ts'
import { HOW_TO_INSTALL, hapiJars, startHapi } from '../support/hapi.ts'

const url = process.env.GLIABRIDGE_TEST_FHIR
const token = process.env.GLIABRIDGE_TEST_FHIR_TOKEN
const jars = hapiJars()

if (url) {
  describeClinicalRecord('the server of GLIABRIDGE_TEST_FHIR', async () => ({
    url,
    auth: token ? { type: 'bearer', token } : { type: 'none' },
    ...(token && { headers: { authorization: `Bearer ${token}` } }),
    close: async () => {},
  }))
} else if (jars) {
  describeClinicalRecord('HAPI FHIR', async () => ({ ...(await startHapi(jars)), auth: { type: 'none' } }))
} else {
  describe('ClinicalRecord on a real FHIR server', () => {
    it.skip(`needs GLIABRIDGE_TEST_FHIR, the base URL of a FHIR R4 server, or HAPI FHIR: ${HOW_TO_INSTALL}`, () => {})
  })
}
