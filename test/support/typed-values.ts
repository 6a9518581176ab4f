/** What a person would fill in to connect an app: values its definition accepts. */
import { generateKeyPairSync } from 'node:crypto'
import type { AuthScheme, Param } from '@holdfast/catalog'
import { sampleValue } from '../../packages/simulator/src/sample.ts'

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string

const keyFile = JSON.stringify({
  type: 'service_account',
  client_email: 'bot@acme.iam.gserviceaccount.com',
  private_key_id: 'key-1',
  private_key: privateKey,
  token_uri: 'https://oauth2.googleapis.com/token',
})

/** A value for each param that must have one. */
export function typedValues(scheme: AuthScheme): Record<string, string> {
  const asked = scheme.params.filter((param) => param.required && param.default === undefined)
  return Object.fromEntries(asked.map((param) => [param.name, typedValue(scheme, param)]))
}

function typedValue(scheme: AuthScheme, param: Param): string {
  if (param.role !== 'credential')
    return param.options?.[0] ?? param.example ?? sampleValue(param.pattern, param.name) ?? 'acme'
  if (scheme.scheme === 'GOOGLE_SERVICE_ACCOUNT' && param.name === scheme.keyFile) return keyFile
  if (scheme.scheme === 'SERVICE_ACCOUNT' && param.name === scheme.assertion.key)
    return scheme.assertion.keyFormat === 'pem' ? privateKey : 'ab'.repeat(32)
  return 'a-key-of-this-test'
}
