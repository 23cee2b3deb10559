// The commands on bundles, with their options and what each runs.
import type { Command } from 'commander'
import type { BundleAction } from '../domain/bundles.ts'
import type { BundleOptions } from './commands/bundles.ts'

/** Whether a bundle can run, and which one makes the results. */
export function addBundles(
  program: Command,
  configOf: () => string | undefined,
  by: readonly [flags: string, description: string],
): void {
  program
    .command('verify-bundle')
    .description('check a bundle folder: manifest, digests, and that its networks run')
    .argument('[folder]', 'bundle folder; the configured one by default')
    .action(async (folder) => (await import('./commands/verify-bundle.ts')).verifyBundleCommand(configOf(), folder))

  program
    .command('gpu-check')
    .description('say what this machine lacks to compute on a GPU, and compare each network there with the CPU')
    .option('--bundle <folder>', 'bundle folder; the configured one by default')
    .option('--providers <names>', 'of cuda, tensorrt, webgpu; all by default')
    .option('--networks <names>', 'only these networks of the bundle')
    .action(async (options) => (await import('./commands/gpu-check.ts')).gpuCheckCommand(configOf(), options))

  const bundles = program
    .command('bundles')
    .description(
      'which bundle is active, which runs in shadow beside it, and decisions on them; while no service runs, on the database',
    )
  bundles
    .command('list')
    .description('what is installed, active and in shadow, with the limits of the change and what was measured')
    .option('--json', 'print as JSON')
    .action(async (options) => (await import('./commands/bundles.ts')).bundlesListCommand(configOf(), options))
  const decision = (name: string, description: string) =>
    bundles
      .command(name)
      .description(description)
      .requiredOption('--reason <text>', 'why; kept, and audited')
      .option(...by)
  const decide = async (...[action, bundle, options]: [BundleAction, string | undefined, BundleOptions]) =>
    (await import('./commands/bundles.ts')).bundlesDecideCommand(configOf(), action, bundle, options)
  decision(
    'shadow',
    'run an installed bundle in shadow from now on; it computes delivered studies again, and writes nothing',
  )
    .argument('<bundle>', 'its id, or the beginning of its digest')
    .action((bundle, options) => decide('shadow', bundle, options))
  decision('end-shadow', 'end the shadow run').action((options) => decide('end-shadow', undefined, options))
  decision('activate', 'make the bundle in shadow the active one; refused unless every limit of its change is met')
    .argument('<bundle>', 'its id, or the beginning of its digest')
    .action((bundle, options) => decide('activate', bundle, options))
  decision('rollback', 'make the bundle active that was so before the last activation; needs no limits').action(
    (options) => decide('rollback', undefined, options),
  )
}
