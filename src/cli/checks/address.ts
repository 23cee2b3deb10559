// Finds out what is wrong with an address that does not answer as it should: the scheme, or the path of the service. Asks without credentials.
import type { AppError } from '../../domain/errors.ts'

const LIMIT_MS = 5000

/** Usual DICOMweb roots of archives: Orthanc, dcm4chee, Google, Azure and proxies in front of them. */
const ARCHIVE_PATHS = [
  '/dicom-web',
  '/dicomweb',
  '/dicomWeb',
  '/rs',
  '/dcm4chee-arc/aets/DCM4CHEE/rs',
  '/v2',
  '/wado-rs',
]
/** Usual base paths of FHIR servers. */
const EHR_PATHS = [
  '/fhir',
  '/fhir/R4',
  '/R4',
  '/baseR4',
  '/api/FHIR/R4',
  '/fhir-server/api/v4',
  '/hapi-fhir-jpaserver/fhir',
]

type Ask = typeof fetch

/** "pacs.url … answers at …/dicom-web": what to write instead, if that can be found out. */
export async function adviseOnArchive(url: string, error: AppError, ask: Ask = fetch): Promise<string[]> {
  const isThere = async (root: string) => {
    const answer = await get(ask, `${root}/studies?limit=1`, 'application/dicom+json')
    return answer !== undefined && (isProtected(answer) || /dicom\+json/.test(typeOf(answer)) || answer.status === 204)
  }
  return advise({ setting: 'pacs.url', url, error, paths: ARCHIVE_PATHS, isThere })
}

/**
 * The same for an address at which something else answers well: Orthanc's own interface, without /dicom-web, looks like DICOMweb as long as the archive is
 * empty. Asks with our credentials, at the same host only.
 */
export async function adviseOnEmptyArchive(url: string, authorization: string | undefined): Promise<string[]> {
  const isDicomWeb = async (root: string) => {
    const ask: Ask = (address, init) =>
      fetch(address, { ...init, headers: { ...init?.headers, ...(authorization && { authorization }) } })
    const answer = await get(ask, `${root}/studies?limit=1`, 'application/dicom+json')
    return answer !== undefined && (answer.status === 204 || /dicom\+json/.test(typeOf(answer)))
  }
  if (await isDicomWeb(url)) return []
  for (const path of ARCHIVE_PATHS) if (await isDicomWeb(url + path)) return [instead('pacs.url', `${url}${path}`, url)]
  return []
}

export async function adviseOnEhr(url: string, error: AppError, ask: Ask = fetch): Promise<string[]> {
  const isThere = async (root: string) => {
    const answer = await get(ask, `${root}/metadata`, 'application/fhir+json')
    if (answer === undefined || !answer.ok) return false
    const body = (await answer.json().catch(() => undefined)) as { resourceType?: unknown } | undefined
    return body?.resourceType === 'CapabilityStatement'
  }
  return advise({ setting: 'ehr.url', url, error, paths: EHR_PATHS, isThere })
}

interface Case {
  setting: string
  url: string
  error: AppError
  paths: readonly string[]
  isThere(root: string): Promise<boolean>
}

async function advise({ setting, url, error, paths, isThere }: Case): Promise<string[]> {
  // A refusal or throttling comes from the right service.
  if (/_(AUTH|FORBIDDEN|THROTTLED)$/.test(error.code)) return []
  const other = url.startsWith('https:') ? url.replace(/^https:/, 'http:') : url.replace(/^http:/, 'https:')
  const candidates = [other, ...paths.map((path) => `${url}${path}`), ...parents(url)]
  for (const root of candidates) if (await isThere(root)) return [instead(setting, root, url)]
  return []
}

function instead(setting: string, root: string, url: string): string {
  return `${setting}: the service answers at ${root}; write that instead of ${url}`
}

/** The address without its last one or two segments: "…/dicom-web/studies" may have been copied from a browser. */
function parents(url: string): string[] {
  const { origin, pathname } = new URL(url)
  const steps = pathname.split('/').filter((step) => step !== '')
  return [1, 2]
    .filter((count) => steps.length > count - 1 && steps.length > 0)
    .map((count) => [origin, ...steps.slice(0, steps.length - count)].join('/'))
}

/** A refusal for lack of credentials still shows that there is a service at this path. */
function isProtected({ status }: Response): boolean {
  return status === 401 || status === 403
}

function typeOf(answer: Response): string {
  return answer.headers.get('content-type') ?? ''
}

async function get(ask: Ask, url: string, accept: string): Promise<Response | undefined> {
  return ask(url, { headers: { accept }, redirect: 'manual', signal: AbortSignal.timeout(LIMIT_MS) }).catch(
    () => undefined,
  )
}
