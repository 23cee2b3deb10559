// Child process of receive-kill.test.ts: takes objects by STOW-RS into a spool and says at which address.

import { serve } from '../../src/http/serve.ts'
import { openReceivedImages } from '../../src/receiving/spool.ts'
import { createStowReceiver } from '../../src/receiving/stow.ts'
import { quietLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'
import { sampleApp } from '../support/sample-app.ts'

const received = await openReceivedImages({
  folder: process.argv[2]!,
  clock: realClock,
  expectRoom: async () => undefined,
})
const audit = { record: async () => undefined }
const { app } = sampleApp({}, { deps: { storeImages: createStowReceiver({ received, audit, log: quietLog }) } })
const { url } = await serve(app, { host: '127.0.0.1', port: 0 })
process.stdout.write(`${url}\n`)
