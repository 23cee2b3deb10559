import { createRegistrar } from '../src/inference/volumes/register.ts'
import { outcomesOf, permutations, registerOnce, renamed, sentStudy, stripped } from '../test/pipeline/stripped.ts'

const r = registerOnce(createRegistrar())
const sent = await sentStudy(7)
console.log('sent', process.cpuUsage().user / 1e6)
for (const order of permutations([0, 1, 2, 3]))
  for (const base of [stripped(sent.study), sent.study]) {
    const o = await outcomesOf(sent, [renamed(base, sent.study, order)], r)
    console.log(order.join(), base === sent.study ? 'timing' : 'names', o.each[0], process.cpuUsage().user / 1e6)
  }
await r.close()
