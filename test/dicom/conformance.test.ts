// The conformance statement and the list of validators' remarks are what the code and the tests say.
import { expect, it } from 'vitest'
import { conformanceStatement, validatorRemarks } from '../support/conformance.ts'

const path = (name: string) => new URL(`../../docs/conformance/${name}`, import.meta.url).pathname

it('docs/conformance/dicom.md is made from the objects that are written (regenerate with vitest -u)', async () => {
  await expect(await conformanceStatement()).toMatchFileSnapshot(path('dicom.md'))
})

it('docs/conformance/dicom-validators.md is made from the rules that the suites apply (regenerate with vitest -u)', async () => {
  await expect(validatorRemarks()).toMatchFileSnapshot(path('dicom-validators.md'))
})
