// The ClinicalRecord contract on the demo EHR.
import { startDemoEhr } from '../../../demo/ehr/ehr-server.ts'
import { describeClinicalRecord } from '../../contract/clinical-record.ts'

describeClinicalRecord('the demo EHR', async () => {
  const ehr = await startDemoEhr()
  return { ...ehr, auth: { type: 'none' } }
})
