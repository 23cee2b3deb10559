// Every setting with its default and meaning: one schema, from which defaults, JSON schema and environment names are made.
import { z } from 'zod'
import { SEQUENCES } from '../domain/study.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const MINUTE = 60_000

const url = (description: string) =>
  z
    .url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })
    .refine((text) => !hasCredentials(text), 'must not hold a user or password; use auth')
    .transform((text) => text.replace(/\/+$/, ''))
    .describe(description)
const uri = (description: string) =>
  z
    .string()
    .regex(/^(https?:\/\/|urn:)[^\s|,$\\]+$/, 'must be an absolute URI (http, https or urn) without spaces, "|" or ","')
    .describe(description)
const whole = (least: number, most: number) =>
  z
    .int({ error: 'must be a whole number' })
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`)
const filled = (description: string) => z.string().min(1, 'must not be empty').describe(description)
const flag = (description: string) => z.boolean({ error: 'must be true or false' }).describe(description)

/** The schema needs the environment, since secrets stand in settings only as a reference to it. */
export function settingsSchema(env: Environment) {
  const secret = (description: string) =>
    z
      .strictObject(
        { env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable') },
        { error: 'must be a reference like {"env": "NAME_OF_THE_VARIABLE"}; secrets do not stand in the file' },
      )
      .transform(({ env: name }, context) => {
        const value = env[name]
        if (value !== undefined && value !== '') return value
        context.addIssue({ code: 'custom', message: `the environment variable ${name} is not set` })
        return z.NEVER
      })
      .describe(description)

  const none = z.strictObject({ type: z.literal('none') })
  const basic = z.strictObject({
    type: z.literal('basic'),
    username: filled('User name.'),
    password: secret('Password, by environment reference.'),
  })
  const bearer = z.strictObject({ type: z.literal('bearer'), token: secret('Token, by environment reference.') })
  const tokenUrl = z.exactOptional(
    url("OAuth 2.0 token endpoint; asked of the server's .well-known/smart-configuration when left out."),
  )
  const clientCredentials = z.strictObject({
    type: z.literal('client-credentials'),
    tokenUrl,
    clientId: filled('Client id.'),
    clientSecret: secret('Client secret, by environment reference.'),
    clientAuthentication: z
      .enum(['basic', 'post'], { error: 'must be basic or post' })
      .default('basic')
      .describe('Where the secret goes: Authorization header, or the form.'),
    scope: z.exactOptional(filled('Scopes, separated by spaces.')),
  })
  const smartBackend = z.strictObject({
    type: z.literal('smart-backend'),
    tokenUrl,
    clientId: filled('Client id.'),
    keyFiles: z
      .array(filled('File with one private JWK: RSA (RS384) or EC P-384 (ES384).'))
      .min(1, 'must name one or two files')
      .max(2, 'must name one or two files')
      .describe('Files with one private JWK each: the first signs, both are published at /.well-known/jwks.json.'),
    scope: filled('Scopes, separated by spaces, for example "system/*.cruds".'),
  })
  const byType = { error: 'must have a known "type"' }

  return z.strictObject({
    $schema: z.exactOptional(z.string().describe('For editors; not used.')),
    pacs: z.strictObject({
      url: url('DICOMweb service root, for example "https://pacs.example/dicom-web".'),
      auth: z
        .discriminatedUnion('type', [none, basic, bearer], byType)
        .default({ type: 'none' })
        .describe('Credentials: type none, basic or bearer.'),
      timeoutMs: whole(100, 60 * MINUTE)
        .default(60_000)
        .describe('How long the archive may be silent, milliseconds.'),
      maxAttempts: whole(1, 100).default(12).describe('Attempts to store the results before a person is asked.'),
      poll: z
        .strictObject({
          intervalSeconds: whole(1, 86_400).default(30).describe('Time between two looks for new studies.'),
          lookBackDays: whole(0, 36_500)
            .default(1)
            .describe('How many days back studies are taken at the very first start.'),
        })
        .prefault({})
        .describe('QIDO-RS polling.'),
      settleSeconds: whole(0, 86_400)
        .default(600)
        .describe(
          'A study is complete when its instances have not changed for so long: longer than the longest pause between two series.',
        ),
    }),
    ehr: z.strictObject({
      url: url('FHIR R4 base URL, for example "https://ehr.example/fhir".'),
      auth: z
        .discriminatedUnion('type', [none, basic, bearer, clientCredentials, smartBackend], byType)
        .default({ type: 'none' })
        .describe('Credentials: type none, basic, bearer, client-credentials or smart-backend.'),
      identifierSystem: uri('System of the identifier that equals the DICOM Patient ID.'),
      issuerSystems: z
        .record(z.string().min(1), uri('System.'))
        .default({})
        .describe('Issuer of Patient ID → identifier system, for archives that hold several.'),
      analysisSystem: uri('System of the identifiers that the service gives to what it writes; a URI that you own.'),
      timeoutMs: whole(100, 60 * MINUTE)
        .default(30_000)
        .describe('Limit for one request, milliseconds.'),
      maxAttempts: whole(1, 100).default(12).describe('Attempts to post the report before a person is asked.'),
      write: z
        .strictObject({
          rung: z
            .enum(['auto', 'transaction', 'single', 'document'], {
              error: 'must be one of auto, transaction, single, document',
            })
            .default('auto')
            .describe(
              'How the report is written: all at once, one resource after the other, or only the document with the PDF; auto takes the highest that the server states.',
            ),
          conditionalCreate: z.exactOptional(
            flag('Whether the server knows If-None-Exist, where its CapabilityStatement is wrong.'),
          ),
        })
        .prefault({})
        .describe('For servers whose CapabilityStatement does not say what they really do.'),
    }),
    inference: z
      .strictObject({
        bundle: filled('Folder of the model bundle.').default('config/models/glioma-unet-2mm'),
        providers: z
          .array(z.enum(['cuda', 'webgpu', 'cpu'], { error: 'must be one of cuda, webgpu, cpu' }))
          .min(1, 'must name at least one')
          .default(['cpu'])
          .describe('Execution providers in the order in which they are tried.'),
        threads: z.exactOptional(
          whole(1, 512).describe("Threads of the CPU provider; the runtime's own choice when left out."),
        ),
        timeoutMs: whole(1000, 24 * 60 * MINUTE)
          .default(15 * MINUTE)
          .describe('Limit for one inference, milliseconds.'),
      })
      .prefault({}),
    series: z
      .strictObject({
        reference: z
          .enum(SEQUENCES, { error: `must be one of ${SEQUENCES.join(', ')}` })
          .default('T1c')
          .describe('The sequence on whose grid the segmentation is written.'),
        overrides: z
          .partialRecord(
            z.enum(SEQUENCES),
            pattern(
              'A Series Instance UID, or a pattern of the series description (regular expression, case-insensitive).',
            ),
          )
          .default({})
          .describe('Sequence → series, where the headers alone leave a doubt.'),
      })
      .prefault({}),
    store: z
      .strictObject({
        dataDir: filled('Folder of the embedded database; used by one process at a time.').default('data'),
        databaseUrl: z.exactOptional(
          secret('PostgreSQL instead, by environment reference; DATABASE_URL is used by itself when it is set.'),
        ),
      })
      .prefault({}),
    http: z
      .strictObject({
        host: filled('Address on which the pages are served.').default('127.0.0.1'),
        port: whole(0, 65_535).default(8080).describe('Port; 0 takes a free one.'),
        token: z.exactOptional(
          secret('Asked for as a bearer token, or as the password of any user; by environment reference.'),
        ),
        allowUnauthenticated: flag(
          'Serve other machines without a token: only behind a proxy that authenticates.',
        ).default(false),
        frameAncestors: z
          .array(z.string().regex(/^('none'|'self'|https?:\/\/[\w.*:-]+)$/, `must be 'self', 'none' or an origin`))
          .default(["'none'"])
          .describe('Origins that may show the pages in a frame (Content-Security-Policy).'),
        viewerUrl: z.exactOptional(
          z
            .string()
            .regex(/^https?:\/\/.*\{studyInstanceUid\}/, 'must be an http(s) URL with {studyInstanceUid} in it')
            .describe('Link to your viewer, with {studyInstanceUid}.'),
        ),
      })
      .refine(
        ({ host, token, allowUnauthenticated }) => isLoopback(host) || token !== undefined || allowUnauthenticated,
        {
          path: ['token'],
          message:
            'is needed when http.host is not this machine alone, since the pages show patient names; or set http.allowUnauthenticated behind a proxy that authenticates',
        },
      )
      .prefault({}),
    institution: z.strictObject({ name: z.string().default('').describe('Name on the report.') }).prefault({}),
    writeBack: z
      .strictObject({
        pdf: flag('Store the report in the archive too, as Encapsulated PDF.').default(true),
        report: flag('Store the measurements and predictions as a structured report (TID 1500).').default(true),
        rejectSuperseded: flag(
          'When a later analysis supersedes one: store a note that rejects its objects (Key Object Selection, IHE IOCM).',
        ).default(false),
      })
      .prefault({})
      .describe('What is written besides the segmentation and the report in the EHR.'),
    log: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error'], { error: 'must be one of debug, info, warn, error' })
          .default('info')
          .describe('Least level that is logged.'),
      })
      .prefault({}),
  })
}

export type Settings = z.output<ReturnType<typeof settingsSchema>>

/** JSON schema of a settings file, for editors: config/settings.schema.json. */
export function settingsJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(settingsSchema({}), { io: 'input', target: 'draft-7' }) as Record<string, unknown>
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function pattern(description: string) {
  return z
    .string()
    .min(1, 'must not be empty')
    .refine((text) => {
      try {
        return new RegExp(text, 'iu') instanceof RegExp
      } catch {
        return false
      }
    }, 'must be a regular expression')
    .describe(description)
}

function hasCredentials(text: string): boolean {
  const parsed = URL.parse(text)
  return parsed !== null && (parsed.username !== '' || parsed.password !== '')
}
