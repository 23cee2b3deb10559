// The archive contract on a server of one's own: GLIABRIDGE_TEST_DICOMWEB is its DICOMweb root, with GLIABRIDGE_TEST_DICOMWEB_TOKEN, or _USER and _PASSWORD, if it needs them. It stores small test studies there.
import { describe, it } from 'vitest'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { imageArchiveContract } from '../contract/image-archive.ts'
import { quietLog } from '../support/quiet-log.ts'

const {
  GLIABRIDGE_TEST_DICOMWEB: url,
  GLIABRIDGE_TEST_DICOMWEB_TOKEN: token,
  GLIABRIDGE_TEST_DICOMWEB_USER: username,
  GLIABRIDGE_TEST_DICOMWEB_PASSWORD: password = '',
} = process.env

function auth() {
  if (token) return { type: 'bearer', token } as const
  return username ? ({ type: 'basic', username, password } as const) : ({ type: 'none' } as const)
}

if (url) {
  imageArchiveContract('the server of GLIABRIDGE_TEST_DICOMWEB', async () => ({
    archive: createDicomWebClient({ url, auth: auth(), timeoutMs: 60_000, log: quietLog }),
    close: async () => {},
  }))
} else {
  describe('ImageArchive on a server of your own', () => {
    it.skip('needs GLIABRIDGE_TEST_DICOMWEB, the DICOMweb root of an archive for tests', () => {})
  })
}
