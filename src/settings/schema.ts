// Every setting with its default and meaning: one schema, from which defaults, JSON schema and environment names derive.
import { z } from 'zod'
import { isIndexed, PROVIDERS } from '../domain/providers.ts'
import { SEQUENCES, STRUCTURAL } from '../domain/study.ts'
import { accessSchema, hasSignIn, isThisMachine } from './access-schema.ts'
import { ehrSchema } from './ehr-schema.ts'
import { acceptanceSchema, monitoringSchema } from './monitoring-schema.ts'
import { notifySchema } from './notify-schema.ts'
import { pacsSchema } from './pacs-schema.ts'
import { poolsSchema } from './pools-schema.ts'
import { receiveSchema } from './receive-schema.ts'
import { reportsSchema, reviewSchema } from './reports-schema.ts'
import { rulesSchema } from './rules-schema.ts'
import { type Environment, filled, flag, MINUTE, pattern, secretOf, timeZone, url, whole } from './schema-parts.ts'

/** The schema needs the environment, since settings contain secrets only as references to it. */
export function settingsSchema(env: Environment) {
  const secret = secretOf(env)

  const sections = z.strictObject({
    $schema: z.exactOptional(z.string().describe('For editors; not used.')),
    pacs: pacsSchema(secret),
    ehr: ehrSchema(secret),
    rules: rulesSchema(),
    notify: notifySchema(secret),
    monitoring: monitoringSchema(),
    acceptance: acceptanceSchema(secret),
    inference: z
      .strictObject({
        bundle: filled('Folder of the model bundle; one that comes with the program is found from any folder.').default(
          'config/models/glioma-cascade-1mm',
        ),
        installed: z.exactOptional(
          filled(
            'A folder of bundle folders: those that may run in shadow and be made active, besides `bundle`, which is active until a person decides otherwise (gliabridge bundles).',
          ),
        ),
        providers: z
          .array(z.enum(PROVIDERS, { error: `must be one of ${PROVIDERS.join(', ')}` }))
          .min(1, 'must name at least one')
          .default(['cpu'])
          .describe('Execution providers in the order in which they are tried.'),
        threads: z.exactOptional(
          whole(1, 512).describe('Threads of the CPU provider; by default the runtime decides.'),
        ),
        gpus: z.exactOptional(
          z
            .array(whole(0, 63))
            .min(1, 'must name at least one')
            .refine((gpus) => new Set(gpus).size === gpus.length, { error: 'must name each GPU once' })
            .describe(
              'Indices of the GPUs for cuda and tensorrt, as nvidia-smi lists them: an inference process for each, and as many studies segmented at once. The first GPU alone when left out.',
            ),
        ),
        device: z.exactOptional(
          z
            .strictObject({
              folder: filled(
                'Folder on a local disk, the same for every process that uses this device, whichever database it has.',
              ),
              slots: whole(1, 64)
                .default(1)
                .describe(
                  'How many inferences run at once on the device, or on each of `gpus`, all processes together.',
                ),
            })
            .describe(
              'A device, such as a GPU, shared by several processes of one machine: each inference waits for a free slot. Without it processes do not coordinate.',
            ),
        ),
        outsideIntendedUse: z
          .enum(['hold', 'state'], { error: 'must be hold or state' })
          .default('hold')
          .describe(
            'For a patient for whom the bundle is not intended (too young): hold the study, or analyse it and say so in every output.',
          ),
        timeoutMs: whole(1000, 24 * 60 * MINUTE)
          .default(15 * MINUTE)
          .describe('Limit for one inference, milliseconds.'),
      })
      .refine(({ gpus, providers }) => gpus === undefined || providers.some(isIndexed), {
        path: ['gpus'],
        message: 'needs cuda or tensorrt in inference.providers: the others choose their device by themselves',
      })
      .prefault({}),
    pools: poolsSchema(),
    series: z
      .strictObject({
        reference: z
          .enum(STRUCTURAL, { error: `must be one of ${STRUCTURAL.join(', ')}` })
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
          .describe('Sequence → series, for cases that the headers leave in doubt.'),
        unusable: z
          .partialRecord(z.enum(SEQUENCES), z.enum(['hold', 'note'], { error: 'must be hold or note' }))
          .default({ T1c: 'hold' })
          .describe(
            'Sequence → hold or note: what to do if it is in the study but cannot be used. For any not named, the result carries a note.',
          ),
      })
      .prefault({}),
    store: z
      .strictObject({
        dataDir: filled('Folder of the embedded database; used by one process at a time.').default('data'),
        databaseUrl: z.exactOptional(
          secret(
            'Address of a PostgreSQL database instead, by reference; DATABASE_URL is used automatically if it is set.',
          ),
        ),
        keepDays: z.exactOptional(
          whole(1, 36_500).describe(
            'How many days a delivered or superseded analysis is kept after its last change; then it is erased here, but not in PACS and EHR. By default it is kept for ever.',
          ),
        ),
      })
      .prefault({}),
    http: z
      .strictObject({
        host: filled('Address at which the pages are served.').default('127.0.0.1'),
        port: whole(0, 65_535).default(8080).describe('Port; 0 picks a free one.'),
        tls: z.exactOptional(
          z
            .strictObject({
              certificate: filled('File with the certificate and its chain, PEM.'),
              key: filled('File with its key, PEM.'),
              clientCa: z.exactOptional(
                filled(
                  'File with certificate authorities, PEM: every other machine must show a certificate issued by one of them (mutual TLS).',
                ),
              ),
            })
            .describe('Serve the pages by https. Files are read again every hour. By http when left out.'),
        ),
        token: z.exactOptional(secret('Required as a bearer token, or as the password of any user; by reference.')),
        hookSecret: z.exactOptional(
          secret(
            'Signs what routers and FHIR subscriptions send to /hints/webhook and /hints/fhir (HMAC-SHA256); without it these addresses do not exist. By reference.',
          ),
        ),
        allowUnauthenticated: flag(
          'Serve other machines without a token: only behind a proxy that authenticates.',
        ).default(false),
        requestsPerMinute: whole(60, 1_000_000)
          .default(3000)
          .describe(
            'How many requests one person, one EHR, all who hold http.token together, or all who sign hints may make in a minute; more are refused with 429 and Retry-After.',
          ),
        frameAncestors: z
          .array(z.string().regex(/^('none'|'self'|https?:\/\/[\w.*:-]+)$/, `must be 'self', 'none' or an origin`))
          .default(["'none'"])
          .describe('Origins that may show the pages in a frame (Content-Security-Policy).'),
        publicUrl: z.exactOptional(
          url(
            'Address at which people reach the pages, for the QR code on the report: "https://glioma.hospital.example".',
          ),
        ),
        viewerUrl: z.exactOptional(
          z
            .string()
            .regex(/^https?:\/\/.*\{studyInstanceUid\}/, 'must be an http(s) URL with {studyInstanceUid} in it')
            .describe('Link to your viewer, with {studyInstanceUid}.'),
        ),
      })
      .prefault({}),
    access: accessSchema(secret),
    receive: receiveSchema(),
    viewer: z
      .strictObject({
        keepDays: whole(0, 3650)
          .default(30)
          .describe('How many days the aligned images of an analysis are kept for its page; 0 keeps none.'),
        folder: z.exactOptional(
          filled(
            'Folder for them; by default "images" in store.dataDir. Processes that share a database share this folder too.',
          ),
        ),
      })
      .prefault({})
      .describe('The images on the study page.'),
    review: reviewSchema(),
    institution: z
      .strictObject({
        name: z.string().default('').describe('Name on the report.'),
        timeZone: z.exactOptional(
          timeZone(
            'IANA time zone of the scanners\' clocks, for example "Asia/Tokyo": the time of results on images that state no TimezoneOffsetFromUTC. The machine\'s when left out.',
          ),
        ),
      })
      .prefault({}),
    reports: reportsSchema(),
    writeBack: z
      .strictObject({
        pdf: flag('Also store the report in the archive, as Encapsulated PDF.').default(true),
        report: flag('Store the measurements and predictions as a structured report (TID 1500).').default(true),
        keyImages: flag(
          'Store pictures with the outlines drawn in (Secondary Capture), for viewers that show no segmentation.',
        ).default(false),
        segmentationPerSequence: flag(
          'Also store the segmentation on the grid of every sequence other than the reference, if its series has a frame of reference.',
        ).default(false),
        labelMap: flag('Also store the segmentation as a label map (Label Map Segmentation).').default(false),
        probabilities: flag('Store the probabilities of the segments (FRACTIONAL segmentation).').default(false),
        uncertainty: flag('Store where the samples of the network differ (Parametric Map).').default(false),
        saliency: flag(
          'Store which parts of the image moved each head that looks at it (Parametric Map); needs a bundle that declares occlusion.',
        ).default(false),
        rejectSuperseded: flag(
          'When a later analysis supersedes one, or a review its documents: store a note that rejects those before (Key Object Selection, IHE IOCM).',
        ).default(true),
      })
      .prefault({})
      .describe('What is written besides the segmentation and the report in the EHR.'),
    priors: z
      .strictObject({
        enabled: flag(
          "Compare with the patient's latest earlier study that was analysed, by the store or else by our reports in the archive: change of volumes and lesions.",
        ).default(true),
        maxAgeDays: whole(1, 36_500).default(1825).describe('Older studies are not compared.'),
      })
      .prefault({}),
    log: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error'], { error: 'must be one of debug, info, warn, error' })
          .default('info')
          .describe('Least level that is logged.'),
      })
      .prefault({}),
    traces: z
      .strictObject({
        url: z.exactOptional(
          url(
            'Where an OpenTelemetry collector takes traces by OTLP over HTTP: "http://collector.hospital.example:4318/v1/traces". No traces when left out. Its credentials, if any, are in the variable OTEL_EXPORTER_OTLP_HEADERS.',
          ),
        ),
      })
      .prefault({})
      .describe('Spans of what was done, without patient data.'),
  })
  return sections
    .refine(
      ({ http, access }) =>
        isLoopback(http.host) || http.token !== undefined || http.allowUnauthenticated || hasSignIn(access),
      {
        path: ['http', 'token'],
        message:
          'is needed when http.host is not this machine alone, since the pages show patient names; or let people sign in (access), or set http.allowUnauthenticated behind a proxy that authenticates',
        when: isAccessSound,
      },
    )
    .refine(
      ({ http, access }) => http.publicUrl !== undefined || !(hasSignIn(access) || access.cdsClients.length > 0),
      {
        path: ['http', 'publicUrl'],
        message: 'is needed for access: providers send people back to it, and cookies belong to it',
        when: isAccessSound,
      },
    )
    .refine(({ review, access }) => !review.ownOpinionFirst || hasSignIn(access), {
      path: ['review', 'ownOpinionFirst'],
      message: 'needs people who sign in (access): whoever is not known cannot have stated an opinion',
      when: isAccessSound,
    })
    .refine(({ http, access }) => http.publicUrl === undefined || !hasSignIn(access) || isSafe(http.publicUrl), {
      path: ['http', 'publicUrl'],
      message: 'must begin with https:// where people sign in',
      when: isAccessSound,
    })
}

/** Problems elsewhere must not hide what is missing from both sections together: all problems are listed at once. */
function isAccessSound({ issues }: z.core.ParsePayload): boolean {
  return issues.every(({ path }) => path !== undefined && path.length > 0 && path[0] !== 'http' && path[0] !== 'access')
}

export type Settings = z.output<ReturnType<typeof settingsSchema>>

/** JSON schema of a settings file, for editors: config/settings.schema.json. */
export function settingsJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(settingsSchema({}), { io: 'input', target: 'draft-7' }) as Record<string, unknown>
}

const isSafe = (address: string) => address.startsWith('https://') || isThisMachine(address)

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
