// The commands of the command line with their options and what each runs; a command's code is loaded only when it runs.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { QUESTIONS } from './init/questions.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

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
  addStudies(program, configOf)
  addRecords(program, configOf)
  return program
}

type ConfigOf = () => string | undefined

/** Running and inspecting the service. */
function addService(program: Command, configOf: ConfigOf): void {
  program
    .command('serve')
    .description('run the service: watch the PACS, analyse, deliver, show the pages')
    .action(async () => (await import('./commands/serve.ts')).serveCommand(configOf()))

  const init = program
    .command('init')
    .description('ask for what a site must say, try each part against PACS and EHR, write a commented settings file')
    .option('--out <file>', 'the settings file to write', 'site.jsonc')
    .option('--yes', 'ask nothing: take flags and defaults')
    .option('--keep', 'write the file although a part failed')
    .option('--force', 'replace a file that is there')
  for (const { key, text } of QUESTIONS) init.option(`--${key} <text>`, text)
  init.action(async ({ out, yes, keep, force }) => {
    const flags = Object.fromEntries(QUESTIONS.map(({ key }) => [key, init.opts()[camelCase(key)]]))
    await (await import('./commands/init.ts')).initCommand(flags, { out, yes, keep, force })
  })

  program
    .command('demo')
    .description('show the main job on an embedded PACS and EHR with a generated study')
    .option('--exit', 'end by itself; exit code 0 only if SEG and report were read back')
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
    .description('ask the running service whether it does its whole job: database, PACS and EHR answer')
    .option('--alive', 'only whether it runs (for container health checks: a restart cures no PACS)')
    .action(async (options) => (await import('./commands/health.ts')).healthCommand(configOf(), options))

  program
    .command('check-config')
    .description('try settings, state, port, bundle, providers, PACS and EHR, and report every problem at once')
    .option('--offline', 'do not ask the PACS and the EHR')
    .option(
      '--write',
      'try the rights to write too, with objects of nobody that are removed, or marked where that is forbidden',
    )
    .action(async (options) => (await import('./commands/check-config.ts')).checkConfigCommand(configOf(), options))

  program
    .command('verify-bundle')
    .description('check a bundle folder: manifest, digests, and that the network runs')
    .argument('[folder]', 'bundle folder; the configured one when left out')
    .action(async (folder) => (await import('./commands/verify-bundle.ts')).verifyBundleCommand(configOf(), folder))
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
    .description('list the notices that people were sent, the latest first; or send one again')
    .option('--state <state>', 'only those that are waiting, done or failed')
    .option('--again <noticeId>', 'send this one now')
    .option('--json', 'print as JSON')
    .action(async (options) => (await import('./commands/notices.ts')).noticesCommand(configOf(), options))

  program
    .command('reproduce')
    .description(
      'make an analysis again from the archive and say which bytes are the same, and why others are not; writes nothing but the audit',
    )
    .argument('<analysisId>')
    .option('--bundle <folder>', 'the bundle that made it; the configured one when left out')
    .option('--json', 'print the verdict as JSON')
    .action(async (id, options) => (await import('./commands/reproduce.ts')).reproduceCommand(configOf(), id, options))

  program
    .command('backfill')
    .description('have the running service take studies from before its first start')
    .requiredOption('--from <date>', 'first study date, such as 2026-01-31')
    .option('--by <name>', 'who asks, for the audit; the user of this shell when left out')
    .option('--dry-run', 'only list them')
    .action(async (options) => (await import('./commands/backfill.ts')).backfillCommand(configOf(), options))

  program
    .command('board')
    .description('one PDF for a tumour board, from the running service: a list, then a page for each patient')
    .option('--patients <file>', 'one Patient ID a line; after a tab its issuer, where the site has several')
    .option('--list <id>', 'instead: patients of this List in the EHR')
    .option('--out <file>', 'the PDF to write', 'tumour-board.pdf')
    .action(async (options) => (await import('./commands/board.ts')).boardCommand(configOf(), options))

  program
    .command('rules')
    .description(
      'list the rules by which studies are taken or left; with --explain, apply them to one study, which changes nothing',
    )
    .option(
      '--explain <StudyInstanceUID>',
      'each rule, what was compared and the outcome, asked of the running service',
    )
    .action(async (options) => (await import('./commands/rules.ts')).rulesCommand(configOf(), options))
}

/** Stored data: evaluated, backed up, erased, audited. */
function addRecords(program: Command, configOf: ConfigOf): void {
  program
    .command('evaluate')
    .description(
      "measure the bundle on cases with labels (BraTS layout), its heads on tables, or both from images to calls, through the service's own path",
    )
    .option('--cases <dir>', 'folder with <case>/<case>_{t1,t1ce,t2,flair,seg}.nii, .nii.gz or .nii.xz')
    .option(
      '--chain <dir...>',
      'instead of --cases, from images to calls: folders of cases as above; _seg, or _mask of the whole tumour, are optional',
    )
    .option('--only <names>', 'comma-separated case names')
    .option(
      '--features <csv>',
      'instead of --cases: radiomics by ID (pyradiomics columns, as UCSF-PDGM publishes them)',
    )
    .option(
      '--labels <csv>',
      'with --features and --chain: age, sex, resection and tissue results by ID (UCSF-PDGM columns, or id, age, sex, resection, idh, 1p19q, mgmt, grade, survival_days, event)',
    )
    .option('--bundle <folder>', 'bundle folder; the configured one when left out')
    .option('--json <file>', 'write the figures to a file')
    .option('--table <file>', 'write the printed table to a file too')
    .action(async (options) => (await import('./commands/evaluate.ts')).evaluateCommand(configOf(), options))

  program
    .command('accept')
    .description(
      "run a site's own studies against limits stated before; writes one signed document, and nothing to PACS or EHR. Exit code 0 only for go",
    )
    .option('--studies <dir>', 'a folder of DICOM files for each study, with seg.nii.gz where there is a reference')
    .option('--query <dates>', 'instead: brain MR studies of the PACS of these dates, such as 20260101-20260131')
    .requiredOption('--limits <file>', 'the limits, JSON (docs/operations.md)')
    .option('--labels <csv>', 'tissue results by name of the study, as evaluate takes them')
    .option('--out <dir>', 'where the documents go', 'acceptance')
    .action(async (options) => (await import('./commands/accept.ts')).acceptCommand(configOf(), options))

  program
    .command('concordance')
    .description(
      "this site's own figures beside the card's, from the running service: calls against tissue, calls and outlines against reviewers",
    )
    .option('--month <month>', 'up to the end of this month, such as 2026-11; up to now when left out')
    .option('--out <file>', 'write the PDF too')
    .option('--json', 'print as JSON')
    .action(async (options) => (await import('./commands/concordance.ts')).concordanceCommand(configOf(), options))

  program
    .command('backup')
    .description('write the state of the embedded database to one file; the service must be stopped')
    .argument('<file>')
    .action(async (file) => (await import('./commands/backup.ts')).backupCommand(configOf(), file))

  program
    .command('restore')
    .description('make the state of a back-up in an empty data folder')
    .argument('<file>')
    .action(async (file) => (await import('./commands/backup.ts')).restoreCommand(configOf(), file))

  program
    .command('erase')
    .description(
      'take what is kept here of a patient or a study away for good, audited, and list what stays in PACS and EHR; with the embedded database the service must be stopped',
    )
    .option('--patient <id>', 'Patient ID, exactly as the images state it; "-" reads it from the standard input')
    .option('--issuer <name>', 'with --patient: Issuer of Patient ID, where one number is of several')
    .option('--study <uid>', 'StudyInstanceUID instead, such as of a study that could not be read so far')
    .option(
      '--library-row <name>',
      "a past patient in the library of the bundle's encoder instead, by the name that the table of the training gives them",
    )
    .option('--by <name>', 'who asks, for the audit; the user of this shell when left out')
    .option('--dry-run', 'only list it')
    .action(async (options) => (await import('./commands/erase.ts')).eraseCommand(configOf(), options))

  const account = program
    .command('account')
    .description(
      'local accounts, for a site without an identity provider; with the embedded database the service must be stopped',
    )
  const asker = ['--by <name>', 'who asks, for the audit; the user of this shell when left out'] as const
  account
    .command('add')
    .description('a new account; its password is read from the standard input')
    .argument('<account>', 'the name to sign in with')
    .requiredOption('--name <name>', 'of the person, as it stands in reviews')
    .requiredOption('--identifier <identifier>', 'under which the site knows the person, such as a staff number')
    .requiredOption(
      '--role <role>',
      'viewer, reviewer, administrator or board; can be repeated',
      (role: string, all: string[] = []) => [...all, role],
    )
    .option('--organization <name>', 'of the person')
    .option(...asker)
    .action(async (name, options) =>
      (await import('./commands/account.ts')).accountAddCommand(configOf(), name, options),
    )
  account
    .command('password')
    .description('a new password, read from the standard input; the account is open again and its sessions end')
    .argument('<account>')
    .option(...asker)
    .action(async (name, options) =>
      (await import('./commands/account.ts')).accountPasswordCommand(configOf(), name, options),
    )
  account
    .command('unlock')
    .description('open an account that wrong passwords have locked')
    .argument('<account>')
    .option(...asker)
    .action(async (name, options) =>
      (await import('./commands/account.ts')).accountUnlockCommand(configOf(), name, options),
    )
  account
    .command('remove')
    .description('take an account away, and end its sessions')
    .argument('<account>')
    .option(...asker)
    .action(async (name, options) =>
      (await import('./commands/account.ts')).accountRemoveCommand(configOf(), name, options),
    )
  account
    .command('list')
    .description('who has an account, with which roles')
    .action(async () => (await import('./commands/account.ts')).accountListCommand(configOf()))

  const audit = program.command('audit').description('the audit trail: who read and wrote what of patient data')
  audit
    .command('verify')
    .description('find rows that were changed, deleted or inserted; exit code 0 when there is none')
    .option('--head <position:sha256>', 'also compare with a head that an earlier verify printed and somebody kept')
    .action(async (options) => (await import('./commands/audit.ts')).auditVerifyCommand(configOf(), options))
  audit
    .command('export')
    .description('write it out, one event per line')
    .option('--format <format>', 'fhir (AuditEvent, NDJSON) or syslog (RFC 5424 with the DICOM audit message)', 'fhir')
    .option('--from <time>', 'from this day or moment on')
    .option('--to <time>', 'up to this day or moment')
    .option('--patient <form>', 'digest or identifier: how patients are named', 'digest')
    .option('--out <file>', 'into this file instead of the standard output')
    .action(async (options) => (await import('./commands/audit.ts')).auditExportCommand(configOf(), options))
}

/** "pacs-url" → "pacsUrl", as the command-line parser names its options. */
function camelCase(key: string): string {
  return key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
