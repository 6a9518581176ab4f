/** The languages of the pages, one file each in `languages/`, and the choice among them. */
import { arabic } from './languages/ar.ts'
import { german } from './languages/de.ts'
import { english } from './languages/en.ts'
import { spanish } from './languages/es.ts'
import { french } from './languages/fr.ts'
import { japanese } from './languages/ja.ts'
import { portuguese } from './languages/pt.ts'
import type { Messages } from './languages/types.ts'
import { chinese } from './languages/zh.ts'

export type { Messages, ProblemKind, ProblemNames } from './languages/types.ts'

export const languages: readonly Messages[] = [english, spanish, german, french, portuguese, japanese, chinese, arabic]

/** @param tag BCP 47; `pt-BR` is served by `pt`. @returns Undefined for a language that we don't have. */
export function messagesOf(tag: string | undefined): Messages | undefined {
  const wanted = tag?.trim().toLowerCase()
  return languages.find(({ lang }) => wanted === lang || wanted?.startsWith(`${lang}-`))
}

/** @param acceptLanguage The header; the first language that we have wins, English otherwise (RFC 9110 §12.5.4). */
export function messagesFor(acceptLanguage: string | undefined): Messages {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map((entry) => {
      const [tag = '', ...params] = entry.split(';').map((part) => part.trim().toLowerCase())
      const quality = Number(params.find((param) => param.startsWith('q='))?.slice(2) ?? 1)
      return { tag, quality: Number.isFinite(quality) ? quality : 0 }
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
  for (const { tag } of wanted) {
    const found = messagesOf(tag)
    if (found) return found
  }
  return english
}
