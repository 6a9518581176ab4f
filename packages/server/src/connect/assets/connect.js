// Comfort only: every page works without this file.

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

for (const form of document.querySelectorAll('form')) {
  let sent = false
  form.addEventListener('submit', (event) => {
    if (sent) event.preventDefault()
    sent = true
    form.setAttribute('aria-busy', 'true')
  })
  // A page that comes back from the history may be sent again.
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return
    sent = false
    form.removeAttribute('aria-busy')
  })
}

document.querySelector('[data-focus]')?.focus({ preventScroll: true })
document.querySelector('form[data-resubmit]')?.requestSubmit()
