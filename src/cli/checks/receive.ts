// Which ways in are open for images and messages that are sent to the service, and whether there is a place to keep them.
import { readTls, receivedFolder } from '../../compose-archive.ts'
import { AppError } from '../../domain/errors.ts'
import { type DimseOptions, listenDimse } from '../../receiving/dimse.ts'
import type { Settings } from '../../settings/schema.ts'
import { checkFolder } from './folder.ts'

export async function checkReceiving(settings: Pick<Settings, 'receive' | 'store'>): Promise<string[]> {
  const { stow, dimse, keepDays } = settings.receive
  if (!stow && dimse.port === undefined)
    return ['nothing is taken: receive.stow is off, and receive.dimse.port is not set']
  const folder = receivedFolder(settings)
  return [
    ...(stow ? ['STOW-RS at /dicom-web/studies of the pages'] : []),
    ...(dimse.port === undefined ? [] : await checkDimse(dimse)),
    `kept in ${folder} for ${keepDays} days after the last image of a study, ${await checkFolder('receive.folder', folder)}`,
  ]
}

/** Takes the port for a moment, with the certificate of the settings; nobody is on the list meanwhile. */
async function checkDimse(dimse: Settings['receive']['dimse']): Promise<string[]> {
  const { aeTitle, host, port = 0, commitment } = dimse
  const tls = await readTls(dimse.tls)
  const state = await stateOfPort({ ...dimse, port, tls })
  const what = [tls ? 'over TLS' : 'without TLS', ...(commitment ? ['storage commitment'] : []), state].join(', ')
  return [
    `DICOM associations as ${aeTitle} at ${host}, port ${port}: ${what}`,
    ...Object.entries(dimse.peers).map(([title, peer]) => `  from ${title}, ${peer.host ?? 'any address'}`),
  ]
}

async function stateOfPort(options: Omit<DimseOptions, 'received' | 'audit' | 'log'>): Promise<string> {
  const nothing = { put: refuse, whichAreKept: refuse, record: refuse }
  const log = { info() {}, warn() {}, error() {} }
  try {
    await (await listenDimse({ ...options, peers: {}, received: nothing, audit: nothing, log })).close()
    return 'free'
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE') throw error
    return 'in use: by this service, if it runs now'
  }
}

async function refuse(): Promise<never> {
  throw new AppError('RECEIVED_UNWRITABLE', 'nothing is taken while the settings are checked')
}
