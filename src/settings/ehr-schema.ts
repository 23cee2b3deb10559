// Settings of the EHR: address and credentials, identity, how the report is written, what is read of the record.
import { z } from 'zod'
import { BY_TYPE, codes, credentials, filled, flag, MINUTE, type Secret, uri, url, whole } from './schema-parts.ts'

/** Class of a head → values that mean it. */
function classes<const N extends string>(...names: N[]) {
  const values = () =>
    z
      .array(z.string().trim().min(1, 'must not be empty'))
      .default([])
      .describe('Values, each as "system|code" or as the whole value in words.')
  const shape = Object.fromEntries(names.map((name) => [name, values()])) as Record<N, ReturnType<typeof values>>
  return z.strictObject(shape).prefault({} as never)
}

export function ehrSchema(secret: Secret) {
  const { none, basic, bearer } = credentials(secret)
  const tokenUrl = z.exactOptional(
    url("OAuth 2.0 token endpoint; by default read from the server's .well-known/smart-configuration."),
  )
  const clientCredentials = z.strictObject({
    type: z.literal('client-credentials'),
    tokenUrl,
    clientId: filled('Client id.'),
    clientSecret: secret('Client secret, by reference.'),
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

  return z.strictObject({
    url: url('FHIR R4 base URL, for example "https://ehr.example/fhir".'),
    auth: z
      .discriminatedUnion('type', [none, basic, bearer, clientCredentials, smartBackend], BY_TYPE)
      .default({ type: 'none' })
      .describe('Credentials: type none, basic, bearer, client-credentials or smart-backend.'),
    identifierSystem: uri('System of the identifier that equals the DICOM Patient ID.'),
    issuerSystems: z
      .record(z.string().min(1), uri('System.'))
      .default({})
      .describe('Issuer of Patient ID → identifier system, for archives that hold several.'),
    analysisSystem: uri('System of the identifiers on everything the service writes; a URI that you own.'),
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
            'How the report is written: all at once, one resource after the other, or only the document with the PDF; auto takes the most capable way that the server states.',
          ),
        conditionalCreate: z.exactOptional(
          flag('Whether the server knows If-None-Exist, where its CapabilityStatement is wrong.'),
        ),
      })
      .prefault({})
      .describe('For servers whose CapabilityStatement does not say what they really do.'),
    orders: z
      .strictObject({
        accessionSystem: z.exactOptional(
          uri('System of accession numbers in ServiceRequest.identifier; any system by default.'),
        ),
        notify: z
          .enum(['none', 'communication', 'task'], { error: 'must be one of none, communication, task' })
          .default('none')
          .describe('Whether the person who ordered the study is notified of the report, and by which resource.'),
        firstCodes: codes().describe(
          'Codes of orders (code, category or reasonCode), each as "system|code", whose studies are analysed first, such as the tumour board\'s. Orders with priority stat, asap or urgent go first anyway.',
        ),
      })
      .prefault({})
      .describe('The order behind the study (ServiceRequest), found by its accession number.'),
    images: z
      .strictObject({
        dicomwebUrl: z.exactOptional(
          url(
            "Address at which users of the EHR reach the archive's DICOMweb service, for the endpoint of an ImagingStudy of ours. It often differs from pacs.url.",
          ),
        ),
        keyImages: flag(
          'Also give the EHR the key pictures with outlines (Media, DiagnosticReport.media), if it accepts Media.',
        ).default(false),
      })
      .prefault({})
      .describe('From the EHR to the images. http.publicUrl and http.viewerUrl stand in the report as links.'),
    reads: z
      .strictObject({
        resectionCodes: z
          .strictObject({ 'gross-total': codes(), subtotal: codes(), biopsy: codes() })
          .prefault({})
          .describe('Codes of Procedure by extent of resection; without any, it is not read.'),
        tissueCodes: z
          .strictObject({ idh: codes(), '1p19q': codes(), mgmt: codes(), grade: codes() })
          .prefault({})
          .describe('Codes of tissue results (Observation) beside the LOINC codes that are known.'),
        tissueValues: z
          .strictObject({
            idh: classes('IDH-wildtype', 'IDH-mutant'),
            '1p19q': classes('intact', 'codeleted'),
            mgmt: classes('unmethylated', 'methylated'),
            grade: classes('2', '3', '4'),
          })
          .prefault({})
          .describe(
            'Which values of tissue results are which class, for the comparison with predictions: of Observation.value or of DiagnosticReport.conclusionCode.',
          ),
        treatmentCodes: z
          .strictObject({ radiotherapy: codes(), bevacizumab: codes(), steroids: codes() })
          .prefault({})
          .describe(
            'Codes of Procedure and of medications that change how a follow-up is read; of a treatment without codes the worksheet says nothing.',
          ),
        board: z
          .strictObject({
            question: flag(
              'Read why the study was ordered (reasonCode of the order with its accession number).',
            ).default(false),
            decisionCodes: codes().describe(
              'Codes of CarePlan (category), each as "system|code", that are decisions of a tumour board; without any, they are not read.',
            ),
          })
          .prefault({})
          .describe(
            'For the page of a tumour board: the question, and the last decision on or before the day of imaging.',
          ),
      })
      .prefault({})
      .describe("What is read of the patient's record, by the site's codes."),
    consent: z
      .strictObject({
        optOutCodes: codes(),
        required: flag('Wait for the EHR rather than analyse without having read the consent.').default(false),
      })
      .refine(({ optOutCodes, required }) => !required || optOutCodes.length > 0, {
        path: ['optOutCodes'],
        message: 'must name what a patient can refuse when consent is required',
      })
      .prefault({})
      .describe('A recorded refusal (Consent) of what these codes name stops the analysis before inference.'),
  })
}
