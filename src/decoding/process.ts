// Entry point of the process that parses and decodes images, so that a damaged object can do harm only here.
import { VolumeBuilder } from '../dicom/series-volume.ts'
import { asAppError } from '../domain/errors.ts'
import type { FromDecoder, ToDecoder } from './messages.ts'

let builder: VolumeBuilder | undefined

// The service decides when this process ends: by a signal of its own, or by exiting.
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})
process.on('message', (message: ToDecoder) => {
  answer(message).then(say, (thrown: unknown) => {
    const { code, message: text } = asAppError(thrown)
    say({ type: 'failed', code: code === 'INTERNAL' ? undefined : code, message: text })
  })
})

async function answer(message: ToDecoder): Promise<FromDecoder> {
  if (message.type === 'plan') {
    builder = new VolumeBuilder(message.plan)
    return { type: 'ready' }
  }
  if (!builder) throw new Error('no series is planned')
  if (message.type === 'file') {
    await builder.add(message.bytes)
    return { type: 'ready' }
  }
  const read: FromDecoder = { type: 'volume', volume: builder.finish(), notes: builder.notes() }
  builder = undefined
  return read
}

function say(message: FromDecoder): void {
  if (process.connected) process.send?.(message)
}
