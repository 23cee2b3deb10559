// A notice that was given up: the night desk was to hear that the EHR had failed, and the mail server refused it.
import type { KeptNotice } from '../../src/domain/ports/notices.ts'

export const failedNotice: KeptNotice = {
  noticeId: 'a1b2',
  rule: 'night desk',
  items: [{ subject: 'peer', key: 'peer ehr 1', since: '2026-03-01T03:00:00.000Z', peer: 'ehr' }],
  createdAt: '2026-03-01T03:20:00.000Z',
  state: 'failed',
  attempts: 12,
  lastError: {
    code: 'NOTICE_REFUSED',
    message: 'SMTP mail.example:25 refused the mail (550 to RCPT TO)',
    at: '2026-03-01T05:00:00.000Z',
  },
}
