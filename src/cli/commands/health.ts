// gliabridge health: exit code 0 when the service on this machine says that it is ready.
import { AppError } from '../../domain/errors.ts'
import { readSettings } from '../../settings/read.ts'

export async function healthCommand(config: string | undefined): Promise<void> {
  const { http } = await readSettings(config, process.env)
  const response = await fetch(`http://127.0.0.1:${http.port}/readyz`, { signal: AbortSignal.timeout(4000) }).catch(
    () => undefined,
  )
  if (!response?.ok) throw new AppError('NOT_FOUND', `the service on port ${http.port} is not ready`)
}
