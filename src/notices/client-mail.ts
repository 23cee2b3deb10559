// Notices by SMTP.
import { createTransport } from 'nodemailer'
import { AppError } from '../domain/errors.ts'
import type { NoticeChannel } from '../domain/ports/notices.ts'
import { type ContentOptions, mailOf } from './content.ts'

export interface MailServer {
  host: string
  port: number
  security: 'starttls' | 'tls' | 'none'
  from: string
  username?: string
  password?: string
}

const TIMEOUT_MS = 30_000

/**
 * The Message-ID derives from the notice, so that a mail sent again after its answer was lost can be recognised as the same. A
 * mail contains nothing that is fetched from anywhere.
 */
export function createMailChannel(
  server: MailServer,
  addresses: readonly string[],
  options: ContentOptions,
): NoticeChannel {
  const { host, port, security, from, username, password } = server
  const destination = `SMTP ${host}:${port}`
  const domain = from.slice(from.lastIndexOf('@') + 1)
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2' },
    ...(username !== undefined && password !== undefined && { auth: { user: username, pass: password } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  })
  return {
    destination,
    async send(notice, records) {
      const messageId = `<${notice.noticeId}@${domain}>`
      try {
        const { rejected } = await transport.sendMail({
          from,
          to: [...addresses],
          messageId,
          date: new Date(notice.createdAt),
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          ...mailOf(notice, records, options),
        })
        return { messageId, accepted: String(addresses.length - rejected.length), refused: String(rejected.length) }
      } catch (thrown) {
        throw mailError(thrown, destination)
      }
    },
  }
}

interface SmtpError {
  code?: string
  command?: string
  responseCode?: number
}

/** The server's text is not kept, since it may repeat an address. */
function mailError(thrown: unknown, destination: string): AppError {
  const { code = 'no code', command = '', responseCode } = thrown as SmtpError
  if (responseCode !== undefined && responseCode >= 500)
    return new AppError('NOTICE_REFUSED', `${destination} refused the mail (${responseCode} to ${command || code})`, {
      cause: thrown,
    })
  if (responseCode !== undefined)
    return new AppError(
      'NOTICE_UNREACHABLE',
      `${destination} does not accept mail at the moment (${responseCode} to ${command || code})`,
      { cause: thrown },
    )
  if (code === 'EAUTH' || code === 'ETLS')
    return new AppError('NOTICE_REFUSED', `${destination}: sign-in or TLS failed (${code})`, { cause: thrown })
  if (command === 'DATA')
    return new AppError('NOTICE_AMBIGUOUS', `the answer of ${destination} to a mail was lost (${code})`, {
      cause: thrown,
    })
  return new AppError('NOTICE_UNREACHABLE', `${destination} cannot be reached (${code})`, { cause: thrown })
}
