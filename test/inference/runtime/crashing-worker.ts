// A registration worker that crashes, for the tests of how the service takes it.
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', () => {
  throw new Error('crash')
})
