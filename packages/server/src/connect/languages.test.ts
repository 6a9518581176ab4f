import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connectRoutes } from './index.ts'
import { isolatedName } from './isolation.ts'
import { languages, type Messages } from './messages.ts'
import { aView, fakeFlow } from './testing/fake-flow.ts'

const english = languages.find(({ lang }) => lang === 'en') as Messages
const others = languages.filter((messages) => messages !== english)

function pages() {
  const flow = fakeFlow()
  flow.requests.set('tok', aView())
  return connectRoutes({ flow, baseUrl: 'https://connect.example', logo: () => undefined })
}

const opened = async (path: string, headers: Record<string, string> = {}) => {
  const answer = await pages().request(path, { headers })
  return { answer, text: await answer.text() }
}

/** Every text of a language, its functions called with words that stand for themselves. */
function textsOf(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') {
    const isCount = /Permissions|Summary|\.found$/.test(path)
    return textsOf(isCount ? value(3, 7) : value(namesFor(path), 'SECOND'), path)
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, entry]) => textsOf(entry, `${path}.${key}`))
}

const namesFor = (path: string) => (/problems|reconnectWhy/.test(path) ? { app: 'FIRST', project: 'SECOND' } : 'FIRST')

describe('the languages', () => {
  it('are those that are promised, one of them from right to left', () => {
    assert.deepEqual(languages.map(({ lang }) => lang).sort(), ['ar', 'de', 'en', 'es', 'fr', 'ja', 'pt', 'zh'])
    assert.deepEqual(
      languages.filter(({ dir }) => dir === 'rtl').map(({ lang }) => lang),
      ['ar'],
    )
  })

  for (const messages of others)
    it(`put the names into the same sentences as English: ${messages.lang}`, () => {
      const inEnglish = new Map(textsOf(english))
      const theirs = textsOf(messages)
      assert.deepEqual(theirs.map(([path]) => path).sort(), [...inEnglish.keys()].sort())
      for (const [path, text] of theirs) {
        assert.notEqual(text.trim(), '', path)
        if (/problems|reconnectWhy/.test(path)) continue
        for (const name of ['FIRST', 'SECOND'])
          assert.equal(text.includes(name), inEnglish.get(path)?.includes(name), `${path}: ${text}`)
      }
    })

  for (const messages of others)
    it(`leave no sentence in English: ${messages.lang}`, () => {
      const inEnglish = new Map(textsOf(english))
      const same = textsOf(messages).filter(
        ([path, text]) => text === inEnglish.get(path) && /[a-z]+ [a-z]+ [a-z]+/.test(text),
      )
      assert.deepEqual(same, [])
    })
})

describe('the language of a page', () => {
  it('is the first of the browser’s that there is, English otherwise', async () => {
    for (const [asked, lang] of [
      ['de-CH,de;q=0.9,en;q=0.8', 'de'],
      ['pt-BR', 'pt'],
      ['zh-Hans-CN,zh;q=0.9', 'zh'],
      ['nl,fr;q=0.4,ja;q=0.8', 'ja'],
      ['nl', 'en'],
      ['de;q=0,es', 'es'],
      [';;q=x,,', 'en'],
    ] as const) {
      const { answer, text } = await opened('/connect/tok', { 'accept-language': asked })
      assert.match(text, new RegExp(`<html lang="${lang}" dir="ltr"`), asked)
      assert.equal(answer.headers.get('content-language'), lang)
    }
  })

  it('is what the link says, and stays so on the pages that follow', async () => {
    const { answer, text } = await opened('/connect/tok?lang=ar', { 'accept-language': 'de' })
    assert.match(text, /<html lang="ar" dir="rtl"/)
    assert.match(
      answer.headers.get('set-cookie') ?? '',
      /^hf-lang=ar; Max-Age=3600; Path=\/; HttpOnly; Secure; SameSite=Lax/,
    )
    const next = await opened('/oauth/callback/a/b', { cookie: 'hf-lang=ar', 'accept-language': 'de' })
    assert.match(next.text, /<html lang="ar" dir="rtl"/)
  })

  it('does not change for a language that there is not', async () => {
    for (const lang of ['xx', '', '__proto__', 'de"><script>', 'english']) {
      const { answer, text } = await opened(`/connect/tok?lang=${encodeURIComponent(lang)}`, {
        'accept-language': 'es',
      })
      assert.match(text, /<html lang="es"/, lang)
      assert.equal(answer.headers.get('set-cookie'), null)
      assert.ok(!text.includes('<script>'))
    }
  })
})

describe('a name in a sentence', () => {
  it('is isolated where it could turn the sentence round', () => {
    assert.equal(isolatedName('Gmail', 'ltr'), 'Gmail')
    assert.equal(isolatedName('Gmail', 'rtl'), '\u2068Gmail\u2069')
    assert.equal(isolatedName('متجر', 'ltr'), '\u2068متجر\u2069')
  })

  it('cannot get out of its isolation, nor turn the text round itself', () => {
    for (const name of ['a\u2069b', '\u2069\u2067b', '\u202egnp.exe', '\u2066\u2066x\u2069']) {
      const text = isolatedName(name, 'rtl')
      assert.match(text, /^\u2068[^\u2066-\u2069\u202a-\u202e]*\u2069$/, JSON.stringify(name))
    }
  })
})
