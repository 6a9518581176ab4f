/**
 * Token answers as the vendors' pages show them, with made-up tokens: packages/catalog/cases, one file an app. What the
 * definition says must be enough to read them.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type AuthSchemeName, loadCatalog, type MachineScheme, type OAuth2Scheme } from '@holdfast/catalog'
import { TokenError } from './index.ts'
import { cleanerFor } from './provider-text.ts'
import { readTokenAnswer } from './token-answer.ts'

interface Case {
  scheme: AuthSchemeName
  grant: 'code' | 'refresh'
  status?: number
  /** A text is form-encoded. */
  answer: object | string
  gives?: {
    accessToken: string
    refreshToken: string | null
    expiresInSeconds: number | null
    scopes: string[] | null
    extra?: Record<string, string>
    learned?: Record<string, string>
  }
  /** The kind of the error; `*`: any. */
  fails?: string
}

const folder = new URL('../../../catalog/cases/', import.meta.url)
const catalog = loadCatalog({ unverified: true })
const now = new Date('2026-01-01T00:00:00Z')

for (const file of readdirSync(folder)) {
  const key = file.replace('.json', '')
  const cases: Case[] = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
  for (const [index, example] of cases.entries())
    test(`${key} answers as its page shows (${index + 1})`, () => {
      const app = catalog.get(key)
      const scheme = app?.authSchemes.find(({ scheme }) => scheme === example.scheme)
      assert.ok(app && scheme, `${key} has no ${example.scheme}`)
      const read = () =>
        readTokenAnswer(
          answerOf(example),
          { app, scheme: scheme as OAuth2Scheme | MachineScheme },
          example.grant,
          cleanerFor([]),
          now,
        )
      if (example.gives) {
        const tokens = read()
        assert.deepEqual(
          {
            accessToken: tokens.accessToken.reveal(),
            refreshToken: tokens.refreshToken?.reveal() ?? null,
            expiresInSeconds: tokens.expiresInSeconds,
            scopes: tokens.scopes,
            ...(example.gives.extra && { extra: tokens.extra }),
            ...(example.gives.learned && { learned: tokens.learned }),
          },
          example.gives,
        )
        return
      }
      assert.throws(
        read,
        (error) => error instanceof TokenError && (example.fails === '*' || error.kind === example.fails),
      )
    })
}

function answerOf({ status = 200, answer }: Case) {
  const isForm = typeof answer === 'string'
  return {
    status,
    headers: new Headers({ 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' }),
    text: isForm ? answer : JSON.stringify(answer),
  }
}
