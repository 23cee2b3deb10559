// The version that a package.json states.
import { AppError } from './errors.ts'
import { jsonOf } from './json-text.ts'

/** Throws INTERNAL for a text that states none. */
export function versionIn(packageJson: string): string {
  const facts = jsonOf(packageJson)
  if (typeof facts === 'object' && facts !== null && 'version' in facts && typeof facts.version === 'string')
    return facts.version
  throw new AppError('INTERNAL', 'a package.json states no version: the installation is damaged')
}
