// Settings of notices to people: none are sent without a rule.
import { z } from 'zod'
import { NOTICE_SUBJECTS } from '../domain/notice.ts'
import { filled, type Secret, url, whole } from './schema-parts.ts'

const address = () => z.email({ error: 'must be an e-mail address' })

export function notifySchema(secret: Secret) {
  const mail = z.strictObject({
    type: z.literal('mail'),
    addresses: z.array(address()).min(1, 'must name at least one'),
  })
  const webhook = z.strictObject({
    type: z.literal('webhook'),
    url: url('Where it is posted.'),
    secret: secret('Signs it (X-Hub-Signature-256: HMAC-SHA256 of the body), by reference.'),
  })
  const ehr = z.strictObject({
    type: z.literal('ehr'),
    recipient: z.exactOptional(
      z
        .string()
        .regex(
          /^(Practitioner|PractitionerRole|Organization|CareTeam|Group|HealthcareService)\/[A-Za-z0-9.-]{1,64}$/,
          'must be a reference such as "Organization/12"',
        )
        .describe('Communication.recipient.'),
    ),
  })
  const rule = z.strictObject({
    name: z.string().regex(/^[\w -]{1,40}$/, 'must be 1 to 40 letters, digits, spaces, "_" or "-"'),
    about: z
      .array(z.enum(NOTICE_SUBJECTS, { error: `must be one of ${NOTICE_SUBJECTS.join(', ')}` }))
      .min(1, 'must name at least one'),
    to: z.discriminatedUnion('type', [mail, webhook, ehr], { error: 'must have the "type" mail, webhook or ehr' }),
    detail: z.enum(['link', 'study'], { error: 'must be link or study' }).default('link'),
    afterMinutes: whole(0, 10_080).default(15),
    everyMinutes: whole(1, 10_080).default(30),
  })

  return z
    .strictObject({
      rules: z
        .array(rule)
        .default([])
        .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, 'must have names of their own')
        .describe(
          'Who is told of what, each {"name", "about": [urgent-result, hold, quarantine, dead-letter, peer, stopped-head], "to": {"type": "mail", "addresses": […]}, {"type": "webhook", "url", "secret"} or {"type": "ehr", "recipient"}, "detail", "afterMinutes", "everyMinutes"}. detail link (the default): our ids and a link; study: also Study Instance UID, study date and accession number. afterMinutes (15): how long something must have been stuck before a notice is sent. everyMinutes (30): the time between two notices of what is stuck, each of which names all of it.',
        ),
      maxAttempts: whole(1, 100).default(12).describe('Attempts to send a notice before giving up.'),
      mail: z.exactOptional(
        z
          .strictObject({
            host: filled('SMTP server.'),
            port: whole(1, 65_535).default(587).describe('Its port.'),
            security: z
              .enum(['starttls', 'tls', 'none'], { error: 'must be one of starttls, tls, none' })
              .default('starttls')
              .describe(
                'TLS after STARTTLS, which must be offered; from the first byte; or none, for a relay on this machine.',
              ),
            from: address().describe('Sender.'),
            username: z.exactOptional(filled('User name; without it there is no sign-in to the server.')),
            password: z.exactOptional(secret('Password, by reference.')),
          })
          .refine(({ username, password }) => (username === undefined) === (password === undefined), {
            path: ['password'],
            message: 'and username are given together',
          })
          .refine(({ username, security }) => username === undefined || security !== 'none', {
            path: ['security'],
            message: 'must not be none where a password is sent',
          })
          .describe('The SMTP server for rules that send mail.'),
      ),
    })
    .refine(({ rules, mail: server }) => server !== undefined || rules.every(({ to }) => to.type !== 'mail'), {
      path: ['mail'],
      message: 'is needed by a rule that sends mail',
    })
    .prefault({})
    .describe('Notices to people.')
}
