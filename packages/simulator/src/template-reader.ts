/**
 * The inverse of `renderText`: reads the values out of a filled template, each as short as can be. One pass, no
 * backtracking: templates of custom apps and texts of strangers meet here.
 *
 * @returns Undefined when the text is no filling of the template, or when one name would have two values.
 */
export function readTemplate(
  template: string,
  text: string,
  options: { anyCase?: boolean; mayBeEmpty?: boolean } = {},
): Record<string, string> | undefined {
  const fold = (part: string) => (options.anyCase ? part.toLowerCase() : part)
  const [first = '', ...rest] = template.split(/\{([a-z][a-z0-9_]*)\}/)
  const folded = fold(text)
  // A change of case that changes the length (İ) would shift every position.
  if (folded.length !== text.length || !folded.startsWith(fold(first))) return undefined
  if (rest.length === 0) return text.length === first.length ? {} : undefined

  const values: Record<string, string> = {}
  let at = first.length
  for (let index = 0; index < rest.length; index += 2) {
    const name = rest[index] ?? ''
    const literal = fold(rest[index + 1] ?? '')
    const least = options.mayBeEmpty ? at : at + 1
    const isLast = index + 2 === rest.length
    const end = isLast ? text.length - literal.length : folded.indexOf(literal, least)
    if (end < least || !folded.startsWith(literal, end)) return undefined
    const value = text.slice(at, end)
    if (Object.hasOwn(values, name) && values[name] !== value) return undefined
    values[name] = value
    at = end + literal.length
  }
  return values
}
