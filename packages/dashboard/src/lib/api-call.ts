import { serverUrl } from './server.ts'

/** One call of the API, as a screen makes it. */
export interface ApiCall {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  query?: Record<string, string | readonly string[] | undefined>
  body?: unknown
  /** The same with the JavaScript client: what comes behind `await `. */
  javascript: string
}

export const languages = ['curl', 'JavaScript', 'Python'] as const
export type Language = (typeof languages)[number]

export function snippet(call: ApiCall, language: Language): string {
  switch (language) {
    case 'curl':
      return curl(call)
    case 'JavaScript':
      return javascript(call)
    case 'Python':
      return python(call)
  }
}

function curl(call: ApiCall): string {
  const lines = [`curl ${call.method === 'GET' ? '' : `-X ${call.method} `}${shellQuoted(urlOf(call))}`]
  lines.push('  -H "x-api-key: $HOLDFAST_API_KEY"')
  if (call.body !== undefined) {
    lines.push("  -H 'content-type: application/json'")
    lines.push(`  -d ${shellQuoted(JSON.stringify(call.body, null, 2))}`)
  }
  return lines.join(' \\\n')
}

const javascript = (call: ApiCall): string => `import { Holdfast } from '@holdfast/sdk'

const holdfast = new Holdfast() // HOLDFAST_API_KEY, HOLDFAST_BASE_URL
const result = await ${call.javascript}
console.log(result)`

function python(call: ApiCall): string {
  const json = call.body === undefined ? '' : `\n    json=${pythonValue(call.body)},`
  return `import os
import requests

answer = requests.${call.method.toLowerCase()}(
    ${JSON.stringify(urlOf(call))},
    headers={"x-api-key": os.environ["HOLDFAST_API_KEY"]},${json}
)
answer.raise_for_status()
print(answer.json())`
}

function urlOf({ path, query = {} }: ApiCall): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value.length > 0) params.set(name, typeof value === 'string' ? value : value.join(','))
  return `${serverUrl}${path}${params.size > 0 ? `?${params}` : ''}`
}

const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function pythonValue(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(', ')}]`
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => `${JSON.stringify(name)}: ${pythonValue(item)}`)
      .join(', ')}}`
  return JSON.stringify(value)
}

/** A value as JavaScript source, the way people write it. */
export function javascriptValue(value: unknown): string {
  if (typeof value === 'string')
    return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
  if (Array.isArray(value)) return `[${value.map(javascriptValue).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(
        ([name, item]) => `${/^[a-z_$][\w$]*$/i.test(name) ? name : javascriptValue(name)}: ${javascriptValue(item)}`,
      )
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
  }
  return String(value)
}
