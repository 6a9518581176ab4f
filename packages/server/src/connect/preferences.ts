import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { isolating } from './isolation.ts'
import { languages, type Messages, messagesFor, messagesOf } from './messages.ts'

/** Undefined: as the person's system has it. */
export type Theme = 'light' | 'dark' | undefined

const ready = new Map(languages.map((messages) => [messages, isolating(messages)]))

/**
 * The language and the theme of a page: as the link says (`?lang=`, `?theme=`), else as a page before said in this
 * browser (a flow goes through addresses of the app, which carry nothing of ours), else as the browser asks.
 */
export function preferencesOf(c: Context): { messages: Messages; theme: Theme } {
  const chosen = messagesOf(c.req.query('lang')) ?? messagesOf(getCookie(c, cookieNames.lang))
  const messages = chosen ?? messagesFor(c.req.header('accept-language'))
  return {
    messages: ready.get(messages) ?? messages,
    theme: themeOf(c.req.query('theme') ?? getCookie(c, cookieNames.theme)),
  }
}

/** For the pages that follow. Not secret and not trusted: they choose among what we have. */
export function keepPreferences(c: Context, secure: boolean): void {
  const said = {
    lang: messagesOf(c.req.query('lang'))?.lang,
    theme: c.req.query('theme') === 'system' ? '' : themeOf(c.req.query('theme')),
  }
  for (const name of ['lang', 'theme'] as const) {
    const value = said[name]
    if (value !== undefined)
      setCookie(c, cookieNames[name], value, {
        path: '/',
        httpOnly: true,
        sameSite: 'Lax',
        secure,
        maxAge: keptSeconds,
      })
  }
}

const cookieNames = { lang: 'hf-lang', theme: 'hf-theme' }
const keptSeconds = 3600

const themeOf = (text: string | undefined): Theme => (text === 'light' || text === 'dark' ? text : undefined)
