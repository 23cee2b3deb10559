// gliabridge demo: hands over to demo/, which lies beside src and is not part of the production image.
import type { DemoArguments } from '../../../demo/run-command.ts'
import { AppError } from '../../domain/errors.ts'

export async function demoCommand(options: DemoArguments): Promise<void> {
  const { runDemoCommand } = await loadDemo()
  await runDemoCommand(options)
}

/** Throws NOT_FOUND if the folder demo/ or the development dependencies of its servers are not installed. */
async function loadDemo() {
  try {
    return await import('../../../demo/run-command.ts')
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new AppError(
      'NOT_FOUND',
      'the demo is not part of a production install: run "npm ci && npm run demo" in a checkout of the source',
      { cause },
    )
  }
}
