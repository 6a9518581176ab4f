import { html } from 'hono/html'
import type { LinkOption, LinkView } from '../accounts/types.ts'
import {
  appTile,
  type Drawing,
  documentPage,
  entityFact,
  fromTheApp,
  type Html,
  icons,
  type Page,
  projectTile,
} from './html.ts'
import type { KnownCategory, KnownScheme } from './languages/types.ts'
import { backLink } from './outcome-pages.ts'

/** What was asked of the list, all of it in the address: it works without the script, and back and reload keep it. */
export interface Search {
  text: string
  category: string
  /** How many are shown at most. */
  limit: number
}

const pageSize = 24
/** With more apps than these there is something to search. */
const fewApps = 8
const maxShown = 2000

export const searchOf = (query: (name: string) => string | undefined): Search => ({
  text: (query('q') ?? '').trim().slice(0, 100),
  category: query('category') ?? '',
  limit: Math.min(Math.max(Number.parseInt(query('show') ?? '', 10) || pageSize, pageSize), maxShown),
})

/** The apps of a link, each a plain link to its form. */
export function pickPage(drawing: Drawing, view: LinkView, search: Search): Page {
  const { messages } = drawing
  const isLong = view.options.length > fewApps
  const body = html`<div class="pair" aria-hidden="true">${projectTile(drawing, view.projectName, 'tile')}</div>
<h1>${messages.pickTitle}</h1>
<p class="lead">${messages.pickLead(view.projectName)}</p>
${isLong ? searchForm(drawing, view.options, search) : ''}
${view.options.length === 0 ? html`<p class="aside">${messages.nothingToPick}</p>` : resultList(drawing, view, search, isLong)}
${entityFact(drawing, view.projectName, view.entityId)}
<p class="after"><a class="small-link" href="?not_me=1">${messages.notMe}</a></p>
${backLink(drawing, view.returnUrl, view.projectName, 'quiet') ?? ''}`
  return {
    status: 200,
    hasForm: isLong,
    document: documentPage(drawing, {
      title: messages.pickTitle,
      project: view.projectName,
      simulated: view.options.length > 0 && view.options.every((option) => option.simulated),
      reference: view.reference,
      body,
    }),
  }
}

function searchForm(drawing: Drawing, options: readonly LinkOption[], search: Search): Html {
  const { messages } = drawing
  const categories = [...new Set(options.flatMap(({ app }) => app.categories))]
    .map((key) => ({ key, name: categoryName(drawing, key) }))
    .sort((one, other) => one.name.localeCompare(other.name, messages.lang))
  return html`<form method="get" role="search" class="search" data-search>
<label for="q" class="only-read">${messages.search}</label>
<span class="searched">${icons.search}<input id="q" name="q" type="search" value="${search.text}" placeholder="${messages.search}" autocomplete="off" maxlength="100"></span>
${
  categories.length < 2
    ? ''
    : html`<label for="category" class="only-read">${messages.category}</label>
<select id="category" name="category"><option value="">${messages.allCategories}</option>${categories.map(
        ({ key, name }) =>
          html`<option value="${key}"${key === search.category ? html` selected` : ''}>${name}</option>`,
      )}</select>`
}
<button class="quiet" data-search-button>${messages.searchButton}</button>
</form>`
}

/** Also what the script puts in place when something was typed. */
function resultList(drawing: Drawing, { options }: LinkView, search: Search, isLong: boolean): Html {
  const { messages } = drawing
  const several = new Set(options.map(({ app }) => app.key)).size < options.length
  const found = isLong ? searched(drawing, options, search) : options
  const shown = found.slice(0, search.limit)
  const more = new URLSearchParams({ q: search.text, category: search.category, show: String(search.limit * 2) })
  return html`<div id="results">
${isLong && found.length > 0 ? html`<p class="count" data-count>${messages.found(shown.length, found.length)}</p>` : ''}
${isLong && found.length === 0 ? html`<p class="aside" data-count>${messages.noMatch(search.text)}</p>` : ''}
<ul class="apps" aria-label="${messages.pickList}">${shown.map(
    (option) => html`<li><a href="?integration=${encodeURIComponent(option.integrationId)}">
${appTile(drawing, option.app, 'tile small')}
<span class="app-words"><strong><bdi>${option.app.name}</bdi></strong>${
      several
        ? html`<span class="scheme">${messages.schemes[option.authScheme as KnownScheme] ?? option.authScheme}</span>`
        : ''
    }${option.app.description ? html`<small>${fromTheApp(drawing, option.app.description)}</small>` : ''}</span>
${icons.arrow}</a></li>`,
  )}</ul>
${shown.length < found.length ? html`<a class="quiet" href="?${more.toString()}" data-more>${messages.showMore}</a>` : ''}
</div>`
}

/** Best first: the name begins with what was typed, then a word of it, then it is anywhere; last what the app is for. */
function searched(drawing: Drawing, options: readonly LinkOption[], { text, category }: Search): LinkOption[] {
  const wanted = plain(text)
  const rank = ({ app }: LinkOption): number => {
    const name = plain(app.name)
    if (wanted === '' || name.startsWith(wanted)) return 0
    if (wordsOf(app.name).some((word) => word.startsWith(wanted)) || app.key.startsWith(wanted)) return 1
    if (name.includes(wanted)) return 2
    if (app.categories.some((key) => plain(categoryName(drawing, key)).includes(wanted))) return 3
    return wanted.length > 3 && wordsOf(app.description).some((word) => word.startsWith(wanted)) ? 4 : 5
  }
  return options
    .filter(({ app }) => category === '' || app.categories.includes(category))
    .map((option) => ({ option, rank: rank(option) }))
    .filter((entry) => entry.rank < 5)
    .sort(
      (one, other) =>
        one.rank - other.rank || one.option.app.name.localeCompare(other.option.app.name, drawing.messages.lang),
    )
    .map(({ option }) => option)
}

const wordsOf = (text: string) => plain(text).split(/[^\p{L}\p{N}]+/u)

const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim()

const categoryName = ({ messages }: Drawing, key: string): string =>
  messages.categories[key as KnownCategory] ?? key.charAt(0).toUpperCase() + key.slice(1).replaceAll('-', ' ')
