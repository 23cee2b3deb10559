// Only the inference settings, for commands that need neither PACS nor EHR.

import { bundleFolder, readSettings } from '../settings/read.ts'
import { type Settings, settingsSchema } from '../settings/schema.ts'

/** From the settings file if there is one, otherwise the defaults; `bundle` overrides the folder. */
export async function inferenceSettings(
  config: string | undefined,
  env: NodeJS.ProcessEnv,
  bundle: string | undefined,
): Promise<Settings['inference']> {
  const file = config ?? env.GLIABRIDGE_CONFIG
  const inference = file
    ? (await readSettings(file, env)).inference
    : settingsSchema(env).shape.inference.parse(undefined)
  return { ...inference, bundle: bundleFolder(bundle ?? inference.bundle) }
}
