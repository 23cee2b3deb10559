// The sign-in page: hospital account, EHR or local account, whichever the site offers.
import { html } from 'hono/html'
import type { SignIn } from '../domain/ports/sign-in.ts'
import { SIGN_IN } from '../wording/sign-in.ts'
import type { Html, Part } from './html.ts'
import { page } from './layout.ts'

export interface SignInView {
  offers: SignIn['offers']
  /** The path of this service to continue with. */
  to: string
  said?: keyof typeof SIGN_IN.said
  software?: string
}

export function signInPage({ offers: { oidc, ehrs, accounts }, to, said, software }: SignInView): Html {
  const offered: Part[] = [
    oidc
      ? html`<p><a class="button primary" href="/sign-in/oidc?to=${encodeURIComponent(to)}">${SIGN_IN.oidc}</a></p>`
      : '',
    ehrs.length > 0
      ? html`${ehrs.map(({ name, issuer }) => html`<p><a class="button" href="/sign-in/ehr?iss=${encodeURIComponent(issuer)}">${SIGN_IN.ehr(name)}</a></p>`)}<p class="muted small">${SIGN_IN.ehrHint}</p>`
      : '',
    accounts ? passwordForm(to) : '',
  ]
  const ways = offered.filter((way) => way !== '')
  const main = html`<section class="card sign-in"><h1>${SIGN_IN.title}</h1>
${said ? html`<p role="alert" class="callout${said === 'wrong' ? ' callout-waiting' : ''}">${SIGN_IN.said[said]}</p>` : ''}
${ways.map((way, n) => html`${n > 0 ? html`<p class="or"><span>${SIGN_IN.or}</span></p>` : ''}${way}`)}</section>`
  return page({ title: SIGN_IN.title, main, ...(software && { software }) })
}

/** Leads on to the identity provider by itself. */
export function leavingPage(url: string, { software }: { software?: string }): Html {
  const main = html`<section class="card sign-in"><h1>${SIGN_IN.out}</h1><p role="status">${SIGN_IN.leaving}</p><p><a class="button" href="${url}">${SIGN_IN.leave}</a></p></section>`
  return page({ title: SIGN_IN.out, main, leadsTo: url, ...(software && { software }) })
}

function passwordForm(to: string): Html {
  return html`<form method="post" action="/sign-in"><input type="hidden" name="to" value="${to}">
<label>${SIGN_IN.name}<input name="name" required maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false"></label>
<label>${SIGN_IN.password}<input name="password" type="password" required maxlength="200" autocomplete="current-password"></label>
<p><button type="submit" class="primary">${SIGN_IN.enter}</button></p></form>`
}
