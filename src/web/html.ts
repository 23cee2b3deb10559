// What hono's html tag returns: everything interpolated is escaped unless it is itself such html.
import type { HtmlEscapedString } from 'hono/utils/html'

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>
/** `''` if there is nothing to show. */
export type Part = Html | ''
