// OHIF's viewer as its maintainers build it, served beside the DICOMweb of an Orthanc, as a hospital's proxy does.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { TestOrthanc } from './orthanc.ts'

export const HOW_TO_INSTALL = 'bash test/integration/oracles/ohif/install.sh out/ohif'
const installed = fileURLToPath(new URL('../../out/ohif', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** What a site writes in app-config.js: where its DICOMweb is. */
const SETTINGS = `window.config = {
  routerBasename: null, extensions: [], modes: [], showStudyList: true, maxNumberOfWebWorkers: 1,
  showLoadingIndicator: true, strictZSpacingForVolumeViewport: true, investigationalUseDialog: { option: 'never' },
  defaultDataSourceName: 'orthanc',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'orthanc',
    configuration: {
      friendlyName: 'Orthanc', name: 'orthanc', qidoRoot: '/dicom-web', wadoRoot: '/dicom-web', wadoUriRoot: '/wado',
      qidoSupportsIncludeField: false, imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true,
      supportsFuzzyMatching: false, supportsWildcard: true, omitQuotationForMultipartRequest: true,
      bulkDataURI: { enabled: true },
    },
  }],
}`

/** What is to be served: of GLIABRIDGE_TEST_OHIF, else of out/ohif, where .ci/run puts it; undefined where there is none. */
export function ohifFolder(): string | undefined {
  const folder = join(process.env.GLIABRIDGE_TEST_OHIF ?? installed, 'dist')
  return existsSync(join(folder, 'index.html')) ? folder : undefined
}

export async function serveOhif(folder: string, orthanc: TestOrthanc): Promise<{ url: string; close(): void }> {
  const authorization = `Basic ${Buffer.from(`${orthanc.username}:${orthanc.password}`).toString('base64')}`
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://ohif')
    if (/^\/(dicom-web|wado)/.test(pathname)) {
      // Orthanc makes the addresses of bulk data from Host.
      const headers = { authorization, accept: request.headers.accept ?? '*/*' }
      const answer = await fetch(orthanc.restUrl + request.url, { headers })
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      if (answer.body) Readable.fromWeb(answer.body as never).pipe(response)
      else response.end()
      return
    }
    if (pathname === '/app-config.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(SETTINGS)
      return
    }
    // Addresses of the application itself are all its first page.
    const file = join(folder, extname(pathname) === '' ? 'index.html' : pathname)
    const bytes = await readFile(file).catch(() => undefined)
    response.writeHead(bytes ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
    response.end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() }
}
