// The commands of the command line with their options and what each runs; a command's code is loaded only when it runs.
import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { versionIn } from '../domain/package-version.ts'
import { SERVICE_PARTS } from '../domain/service-part.ts'
import { addBundles } from './bundle-commands.ts'
import { QUESTIONS } from './init/questions.ts'

const version = versionIn(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

export function createProgram(): Command {
  const program = new Command('gliabridge')
    .description(
      'Finds brain MRI studies in the PACS, segments glioma, writes results to PACS and EHR. Research use only.',
    )
    .version(version, '-V, --version', 'print the version')
    .option('-c, --config <file>', 'settings file (JSON); environment variables override it')
    .showHelpAfterError('(run "gliabridge --help" for the commands)')
    .exitOverride()
  const configOf = () => program.opts<{ config?: string }>().config
  addService(program, configOf)
  addBundles(program, configOf, BY)
  addStudies(program, configOf)
  addRecords(program, configOf)
  return program
}

type ConfigOf = () => string | undefined

const BY = ['--by <name>', 'who asks for it, for the audit trail; by default the user of this shell'] as const

/** Running and inspecting the service. */
function addService(program: Command, configOf: ConfigOf): void {
  program
    .command('serve')
    .description('run the service: watch the PACS, analyse studies, deliver results, serve the pages')
    .addOption(
      new Option(
        '--only <part>',
        'with PostgreSQL, only one part of it: the analyses, or the pages and everything else, which then opens no network',
      ).choices(SERVICE_PARTS),
    )
    .action(async (options) => (await import('./commands/serve.ts')).serveCommand(configOf(), options))

  const init = program
    .command('init')
    .description(
      'ask what a site must specify, try each part against PACS and EHR, and write a commented settings file',
    )
    .option('--out <file>', 'the settings file to write', 'site.jsonc')
    .option('--yes', 'ask nothing: use flags and defaults')
    .option('--keep', 'write the file even if a part failed')
    .option('--force', 'replace an existing file')
  for (const { key, text } of QUESTIONS) init.option(`--${key} <text>`, text)
  init.action(async ({ out, yes, keep, force }) => {
    const flags = Object.fromEntries(QUESTIONS.map(({ key }) => [key, init.opts()[camelCase(key)]]))
    await (await import('./commands/init.ts')).initCommand(flags, { out, yes, keep, force })
  })

  program
    .command('demo')
    .description('show the main workflow on an embedded PACS and EHR with a generated study')
    .option('--exit', 'end when done; exit code 0 only if SEG and report were read back')
    .option('--json <file>', 'write what happened to a file')
    .option(
      '--pacs <url>',
      'use this DICOMweb archive (credentials: GLIABRIDGE_PACS_USERNAME and _PASSWORD, or GLIABRIDGE_PACS_TOKEN)',
    )
    .option(
      '--ehr <url>',
      'use this FHIR R4 server (credentials: GLIABRIDGE_EHR_USERNAME and _PASSWORD, or GLIABRIDGE_EHR_TOKEN)',
    )
    .option('--study <dir>', 'send the DICOM files of this folder instead of the generated study')
    .option('--seed <number>', 'seed of the generated study', '1')
    .option('--port <number>', 'port of the page', '8080')
    .option('--data <dir>', 'keep archive and state in this folder instead of a temporary one')
    .action(async (options) => (await import('./commands/demo.ts')).demoCommand(options))

  program
    .command('health')
    .description('ask the running service whether it is fully working: database, PACS and EHR answer')
    .option('--alive', 'ask only whether it is running (for container health checks: a restart does not repair a PACS)')
    .action(async (options) => (await import('./commands/health.ts')).healthCommand(configOf(), options))

  program
    .command('check-config')
    .description('try settings, state, port, bundle, providers, PACS and EHR, and report every problem at once')
    .option('--offline', 'do not ask the PACS and the EHR')
    .option(
      '--write',
      'test the rights to write as well, with objects that belong to nobody; they are removed, or marked if removing is forbidden',
    )
    .action(async (options) => (await import('./commands/check-config.ts')).checkConfigCommand(configOf(), options))
}

/** Single studies and analyses. */
function addStudies(program: Command, configOf: ConfigOf): void {
  program
    .command('run-study')
    .description('analyse and deliver one study now, without the watch')
    .argument('<StudyInstanceUID>')
    .option('--json', 'print the analysis as JSON')
    .action(async (uid, options) => (await import('./commands/run-study.ts')).runStudyCommand(configOf(), uid, options))

  program
    .command('replay')
    .description('release a held analysis, or deliver the stored results of a delivered one again')
    .argument('<analysisId>')
    .action(async (id) => (await import('./commands/run-study.ts')).replayCommand(configOf(), id))

  program
    .command('notices')
    .description('list the notices sent to people, latest first; or send one again')
    .option('--state <state>', 'only notices that are waiting, done or failed')
    .option('--again <noticeId>', 'send this one now')
    .option('--json', 'print as JSON')
    .action(async (options) => (await import('./commands/notices.ts')).noticesCommand(configOf(), options))

  program
    .command('reproduce')
    .description(
      'repeat an analysis from the archive and say which results have the same bytes, and why others differ; writes nothing except the audit trail',
    )
    .argument('<analysisId>')
    .option('--bundle <folder>', 'the bundle that made it; the configured one by default')
    .option('--json', 'print the verdict as JSON')
    .action(async (id, options) => (await import('./commands/reproduce.ts')).reproduceCommand(configOf(), id, options))

  program
    .command('backfill')
    .description('make the running service analyse studies from before its first start')
    .requiredOption('--from <date>', 'first study date, such as 2026-01-31')
    .option(...BY)
    .option('--dry-run', 'only list them')
    .action(async (options) => (await import('./commands/backfill.ts')).backfillCommand(configOf(), options))

  program
    .command('board')
    .description('one PDF for a tumour board, from the running service: a list, then a page for each patient')
    .option('--patients <file>', 'one Patient ID per line, followed by a tab and its issuer if the site has several')
    .option('--list <id>', 'instead: patients of this List in the EHR')
    .option('--out <file>', 'the PDF to write', 'tumour-board.pdf')
    .action(async (options) => (await import('./commands/board.ts')).boardCommand(configOf(), options))

  program
    .command('rules')
    .description('list the routing rules; with --explain, apply them to one study without changing anything')
    .option('--explain <StudyInstanceUID>', 'ask the running service: each rule, what was compared, the outcome')
    .action(async (options) => (await import('./commands/rules.ts')).rulesCommand(configOf(), options))
}

/** Stored data: evaluated, backed up, erased, audited. */
function addRecords(program: Command, configOf: ConfigOf): void {
  program
    .command('evaluate')
    .description(
      "measure the bundle on labelled cases (BraTS layout), its heads on tables, or the whole chain from images to calls, with the service's own code",
    )
    .option('--cases <dir>', 'folder with <case>/<case>_{t1,t1ce,t2,flair,seg}.nii, .nii.gz or .nii.xz')
    .option(
      '--chain <dir...>',
      'instead of --cases, from images to calls: folders of cases as above; _seg, or _mask of the whole tumour, is optional',
    )
    .option('--only <names>', 'comma-separated case names')
    .option(
      '--features <csv>',
      'instead of --cases: radiomics by ID (pyradiomics columns, as UCSF-PDGM publishes them)',
    )
    .option(
      '--labels <csv>',
      'with --features or --chain: age, sex, resection and tissue results by ID (UCSF-PDGM columns, or id, age, sex, resection, idh, 1p19q, mgmt, grade, survival_days, event)',
    )
    .option('--bundle <folder>', 'bundle folder; the configured one by default')
    .option('--json <file>', 'write the figures to a file')
    .option('--table <file>', 'also write the printed table to a file')
    .action(async (options) => (await import('./commands/evaluate.ts')).evaluateCommand(configOf(), options))

  program
    .command('accept')
    .description(
      "run a site's own studies and compare the results with limits stated beforehand; writes one signed document, and nothing to PACS or EHR. Exit code 0 only for go",
    )
    .option(
      '--studies <dir>',
      'a folder with one subfolder of DICOM files per study, and seg.nii.gz in it if there is a reference',
    )
    .option(
      '--query <dates>',
      'instead: brain MR studies in the PACS with these study dates, such as 20260101-20260131',
    )
    .requiredOption('--limits <file>', 'the limits, JSON (docs/operations.md)')
    .option('--labels <csv>', 'tissue results by name of the study, in the form that evaluate reads')
    .option('--out <dir>', 'folder for the documents', 'acceptance')
    .action(async (options) => (await import('./commands/accept.ts')).acceptCommand(configOf(), options))

  program
    .command('concordance')
    .description(
      "this site's own figures beside the card's, from the running service: calls against tissue, calls and outlines against reviewers",
    )
    .option('--month <month>', 'up to the end of this month, such as 2026-11; by default up to now')
    .option('--out <file>', 'also write the PDF')
    .option('--json', 'print as JSON')
    .action(async (options) => (await import('./commands/concordance.ts')).concordanceCommand(configOf(), options))

  program
    .command('backup')
    .description('save the embedded database to one file; the service must be stopped')
    .argument('<file>')
    .action(async (file) => (await import('./commands/backup.ts')).backupCommand(configOf(), file))

  program
    .command('restore')
    .description('restore a backup into an empty data folder')
    .argument('<file>')
    .action(async (file) => (await import('./commands/backup.ts')).restoreCommand(configOf(), file))

  program
    .command('erase')
    .description(
      'permanently remove what is kept here about a patient or a study, record it in the audit trail, and list what stays in PACS and EHR; with the embedded database, the service must be stopped',
    )
    .option('--patient <id>', 'Patient ID, exactly as the images state it; "-" reads it from standard input')
    .option('--issuer <name>', 'with --patient: Issuer of Patient ID, if several issuers use the same number')
    .option('--study <uid>', 'instead: StudyInstanceUID, for example of a study that could not be read so far')
    .option('--library-row <name>', "instead: a past patient of the encoder's library, named as in the training table")
    .option(...BY)
    .option('--dry-run', 'only list what would be removed')
    .action(async (options) => (await import('./commands/erase.ts')).eraseCommand(configOf(), options))

  const account = program
    .command('account')
    .description('local accounts (with the embedded database, only while the service is stopped)')
  account
    .command('add')
    .description('add an account; its password is read from standard input')
    .argument('<account>', 'the name to sign in with')
    .requiredOption('--name <name>', 'name of the person, as reviews show it')
    .requiredOption('--identifier <identifier>', 'identifier of the person at the site, such as a staff number')
    .requiredOption(
      '--role <role>',
      'viewer, reviewer, administrator or board; may be repeated',
      (role: string, all: string[] = []) => [...all, role],
    )
    .option('--organization <name>', 'organization of the person')
    .option(...BY)
    .action(async (name, options) =>
      (await import('./commands/account.ts')).accountAddCommand(configOf(), name, options),
    )
  account
    .command('password')
    .description('set a new password, read from standard input; unlocks the account and ends its sessions')
    .argument('<account>')
    .option(...BY)
    .action(async (name, options) =>
      (await import('./commands/account.ts')).accountPasswordCommand(configOf(), name, options),
    )
  account
    .command('unlock')
    .description('unlock an account that was locked after wrong passwords')
    .argument('<account>')
    .option(...BY)
    .action(async (name, options) =>
      (await import('./commands/account.ts')).accountUnlockCommand(configOf(), name, options),
    )
  account
    .command('remove')
    .description('remove an account and end its sessions')
    .argument('<account>')
    .option(...BY)
    .action(async (name, options) =>
      (await import('./commands/account.ts')).accountRemoveCommand(configOf(), name, options),
    )
  account
    .command('list')
    .description('list who has an account, and with which roles')
    .action(async () => (await import('./commands/account.ts')).accountListCommand(configOf()))

  const audit = program.command('audit').description('the audit trail: who read and wrote which patient data')
  audit
    .command('verify')
    .description('find rows that were changed, deleted or inserted; exit code 0 if there are none')
    .option('--head <position:sha256>', 'also compare with the head that an earlier verify printed')
    .action(async (options) => (await import('./commands/audit.ts')).auditVerifyCommand(configOf(), options))
  audit
    .command('export')
    .description('export the audit trail, one event per line')
    .option('--format <format>', 'fhir (AuditEvent, NDJSON) or syslog (RFC 5424 with the DICOM audit message)', 'fhir')
    .option('--from <time>', 'from this day or point in time')
    .option('--to <time>', 'up to this day or point in time')
    .option('--patient <form>', 'digest or identifier: how patients are identified', 'digest')
    .option('--out <file>', 'write to this file instead of standard output')
    .action(async (options) => (await import('./commands/audit.ts')).auditExportCommand(configOf(), options))
}

/** "pacs-url" → "pacsUrl", as the command-line parser names its options. */
function camelCase(key: string): string {
  return key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
