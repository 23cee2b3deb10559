// Which ways are open for sending images and messages to the service, and whether there is room to keep them.
import { systemClock } from '../../clock.ts'
import { readTls, receivedFolder } from '../../compose-archive.ts'
import { AppError } from '../../domain/errors.ts'
import { listenDimse } from '../../receiving/dimse.ts'
import { listenMllp } from '../../receiving/hl7/mllp.ts'
import type { Settings } from '../../settings/schema.ts'
import { checkFolder } from './folder.ts'

export async function checkReceiving(settings: Pick<Settings, 'receive' | 'store'>): Promise<string[]> {
  const { stow, dimse, hl7, keepDays } = settings.receive
  const messages = hl7.port === undefined ? [] : await checkHl7(hl7)
  if (!stow && dimse.port === undefined)
    return ['no images are taken: receive.stow is off, and receive.dimse.port is not set', ...messages]
  const folder = receivedFolder(settings)
  return [
    ...(stow ? ['STOW-RS at /dicom-web/studies of the pages'] : []),
    ...(dimse.port === undefined ? [] : await checkDimse(dimse)),
    `kept in ${folder} for ${keepDays} days after the last image of a study, ${await checkFolder('receive.folder', folder)}`,
    ...messages,
  ]
}

/** Opens the port for a moment, with the certificate from the settings; during that time no sender is allowed. */
async function checkDimse(dimse: Settings['receive']['dimse']): Promise<string[]> {
  const { aeTitle, host, port = 0, commitment } = dimse
  const tls = await readTls(dimse.tls, 'receive.dimse.tls')
  const nothing = { put: refuse, whichAreKept: refuse, record: refuse }
  const state = await stateOfPort(() =>
    listenDimse({ ...dimse, port, tls, peers: {}, received: nothing, audit: nothing, log }),
  )
  const what = [tls ? 'over TLS' : 'without TLS', ...(commitment ? ['storage commitment'] : []), state].join(', ')
  return [
    `DICOM associations as ${aeTitle} at ${host}, port ${port}: ${what}`,
    ...Object.entries(dimse.peers).map(([title, peer]) => `  from ${title}, ${peer.host ?? 'any address'}`),
  ]
}

/** The same for HL7 v2; a message that arrives meanwhile is refused for the time being. */
async function checkHl7(hl7: Settings['receive']['hl7']): Promise<string[]> {
  const { host, port = 0, peers, accessionFields } = hl7
  const tls = await readTls(hl7.tls, 'receive.hl7.tls')
  const unused = { hints: { add: refuse }, onHeard() {}, clock: systemClock, newControlId: () => '', log }
  // Reads the list, and refuses by name any entry that is not an address.
  const state = await stateOfPort(() => listenMllp({ ...hl7, port, tls, ...unused }))
  return [
    `HL7 v2 over MLLP at ${host}, port ${port}: ${tls ? 'over TLS' : 'without TLS'}, ${state}`,
    `  from ${peers.join(', ')}; accession numbers in ${accessionFields.join(', ')}`,
  ]
}

async function stateOfPort(listen: () => Promise<{ close(): Promise<void> }>): Promise<string> {
  try {
    await (await listen()).close()
    return 'free'
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE') throw error
    return 'in use: by this service, if it runs now'
  }
}

const log = { info() {}, warn() {}, error() {} }

async function refuse(): Promise<never> {
  throw new AppError('RECEIVED_UNWRITABLE', 'nothing is taken while the settings are checked')
}
