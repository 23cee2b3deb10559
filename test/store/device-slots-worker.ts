// Child process of device-slots.test.ts: works on the slots of a device again and again, and says when each work began and ended, in nanoseconds of the machine.
import { setTimeout as wait } from 'node:timers/promises'
import { openDeviceSlots } from '../../src/store/device-slots.ts'
import { realClock } from '../support/real-clock.ts'

const [folder, slots, works, workMs] = process.argv.slice(2) as [string, string, string, string]
const onDevice = openDeviceSlots({ folder, slots: Number(slots) }, realClock)
for (let n = 0; n < Number(works); n += 1) {
  await onDevice(async () => {
    process.stdout.write(`began ${process.hrtime.bigint()}\n`)
    await wait(Number(workMs))
    process.stdout.write(`ended ${process.hrtime.bigint()}\n`)
  })
}
