// Comfort only: every page works without this file.

const live = document.querySelector('[data-live]')
const say = (text) => {
  if (live) live.textContent = text
}

for (const button of document.querySelectorAll('[data-reveal]')) {
  const input = document.getElementById(button.dataset.reveal)
  const set = (shown) => {
    input.type = shown ? 'text' : 'password'
    button.textContent = shown ? button.dataset.hide : button.dataset.show
    button.setAttribute('aria-label', shown ? button.dataset.hideLabel : button.dataset.showLabel)
  }
  button.hidden = false
  button.addEventListener('click', () => {
    set(input.type === 'password')
    input.focus()
  })
  // Browsers offer to remember what was typed into a text field, so it is a password again when it is sent.
  input.form.addEventListener('submit', () => set(false))
}

// What was pasted is cut down to the wanted part, as the server would: the address of a shop to its name.
const cleaned = (input) => {
  const value = input.value.trim()
  const { before, after } = input.dataset
  if (after === undefined) return value
  const host = value
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/?#].*$/s, '')
  const fits = host.startsWith(before) && host.endsWith(after) && host.length > before.length + after.length
  return fits ? host.slice(before.length, host.length - after.length) : value
}
const clean = (input) => {
  const value = cleaned(input)
  if (value === input.value) return
  input.value = value
  if (input.dataset.shortened) say(input.dataset.shortened.replace('%', value))
}

// Errors in the words and the place of the server's own, instead of the browser's bubbles.
const problemOf = (input) => {
  if (input.validity.valueMissing) return input.dataset.missing
  return input.validity.patternMismatch ? input.dataset.wrong : undefined
}
const showProblem = (input) => {
  const problem = problemOf(input)
  const field = input.closest('.field')
  const id = `${input.id}-error`
  const others = (input.getAttribute('aria-describedby') ?? '').split(' ').filter((part) => part && part !== id)
  document.getElementById(id)?.remove()
  field.classList.toggle('wrong', problem !== undefined)
  if (problem !== undefined) {
    const line = document.createElement('p')
    line.className = 'error'
    line.id = id
    const prefix = document.createElement('span')
    prefix.className = 'only-read'
    prefix.textContent = `${input.dataset.prefix}: `
    line.append(prefix, problem)
    field.querySelector('label').after(line)
    others.unshift(id)
  }
  if (problem === undefined) input.removeAttribute('aria-invalid')
  else input.setAttribute('aria-invalid', 'true')
  if (others.length > 0) input.setAttribute('aria-describedby', others.join(' '))
  else input.removeAttribute('aria-describedby')
  return problem !== undefined
}
for (const form of document.querySelectorAll('form[data-inline]')) {
  const inputs = [...form.querySelectorAll('input, select')]
  form.noValidate = true
  for (const input of inputs) {
    input.addEventListener('paste', () => setTimeout(() => clean(input)))
    // An empty field that is only passed by is not yet wrong.
    input.addEventListener('change', () => {
      if (input.localName === 'input') clean(input)
      showProblem(input)
    })
    input.addEventListener(
      'input',
      () => input.getAttribute('aria-invalid') && problemOf(input) === undefined && showProblem(input),
    )
  }
  form.addEventListener('submit', (event) => {
    for (const input of inputs) if (input.localName === 'input') clean(input)
    const wrong = inputs.filter(showProblem)
    if (wrong.length === 0) return
    event.preventDefault()
    event.stopImmediatePropagation()
    wrong[0].focus()
  })
}

const isFramed = window.top !== window
for (const form of document.querySelectorAll('form[method="post"]')) {
  let sent = false
  // No app lets itself be framed: from a frame the way leads through a tab of its own, and the page here learns the end.
  if (isFramed) form.target = '_blank'
  form.addEventListener('submit', (event) => {
    if (sent && !isFramed) {
      event.preventDefault()
      return
    }
    sent = true
    if (isFramed) {
      watch()
      return
    }
    form.setAttribute('aria-busy', 'true')
    say(live?.dataset.busy ?? '')
  })
  // A page that comes back from the history may be sent again.
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return
    sent = false
    form.removeAttribute('aria-busy')
    say('')
  })
}

// The server's word on how far the flow is: this page may be waiting for another device or another tab.
let watching = false
const watch = () => {
  const { status: url } = document.body.dataset
  if (watching || !url) return
  watching = true
  const look = async () => {
    const answer = await fetch(url, { cache: 'no-store' }).catch(() => undefined)
    const { status } = answer?.ok ? await answer.json() : {}
    if (status === undefined || status === 'waiting' || status === 'in_progress') setTimeout(look, 2000)
    else location.reload()
  }
  setTimeout(look, 1000)
}
document.querySelector('.device')?.addEventListener('toggle', watch)

for (const line of document.querySelectorAll('[data-until]')) {
  const words = new Intl.NumberFormat(document.documentElement.lang, {
    style: 'unit',
    unit: 'minute',
    unitDisplay: 'long',
  })
  const end = Date.parse(line.dataset.until)
  const count = () => {
    const left = end - Date.now()
    if (left <= 0) return
    line.textContent = line.dataset.words.replace('%', words.format(Math.ceil(left / 60000)))
    setTimeout(count, (left % 60000) + 50)
  }
  // A clock that is far off would say nonsense; the server's own words stay.
  if (end - Date.now() > 0 && end - Date.now() < 21 * 60000) count()
}

// The list of apps follows what is typed; without this the button does it.
for (const form of document.querySelectorAll('[data-search]')) {
  let asked = 0
  let timer
  form.querySelector('[data-search-button]').hidden = true
  const find = async (address) => {
    const mine = ++asked
    const results = document.getElementById('results')
    results.setAttribute('aria-busy', 'true')
    const answer = await fetch(address).catch(() => undefined)
    const text = answer?.ok ? await answer.text() : undefined
    if (mine !== asked) return
    if (text === undefined) {
      location.assign(address)
      return
    }
    const found = new DOMParser().parseFromString(text, 'text/html').getElementById('results')
    results.replaceWith(document.adoptNode(found))
    history.replaceState(null, '', address)
    say(found.querySelector('[data-count]')?.textContent ?? '')
  }
  const search = () => find(`?${new URLSearchParams(new FormData(form))}`)
  form.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(search, 120)
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    search()
  })
  document.addEventListener('click', (event) => {
    const more = event.target.closest('[data-more]')
    if (!more) return
    event.preventDefault()
    const last = document.querySelectorAll('.apps a').length
    find(more.getAttribute('href')).then(() => document.querySelectorAll('.apps a')[last]?.focus())
  })
}

document.querySelector('[data-focus]')?.focus({ preventScroll: true })
document.querySelector('form[data-resubmit]')?.requestSubmit()
