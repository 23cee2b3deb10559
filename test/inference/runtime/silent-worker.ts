// A registration worker that never answers, for the tests of the deadline.
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', () => {})
