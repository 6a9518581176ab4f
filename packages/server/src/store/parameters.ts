/**
 * PostgreSQL's text holds every character but NUL, so NUL becomes the replacement character, as a lone surrogate does in
 * both drivers: what comes from a request or an app is stored or not found, and never an error.
 */
export const storable = (parameters: readonly unknown[]): unknown[] =>
  parameters.map((value) =>
    typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value,
  )
