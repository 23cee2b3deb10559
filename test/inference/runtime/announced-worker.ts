// A registration worker that says on a channel that it started, and finds no transform.
import { BroadcastChannel, parentPort } from 'node:worker_threads'

const channel = new BroadcastChannel('registration workers')
channel.postMessage('started')
channel.close()
parentPort?.on('message', ({ id }: { id: number }) => parentPort?.postMessage({ id, failure: 'none is sought' }))
