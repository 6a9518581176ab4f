import { type AppDefinition, type AuthScheme, aroundInHost } from '@holdfast/catalog'
import type { ExpectedField } from '../accounts/types.ts'

/** One DNS label (RFC 1123 §2.1): the wall that every `hostLabel` has, whatever its own pattern says. */
const hostLabel = '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$'

/** The inputs a person must give for a scheme. Learned params are not asked for. */
export const expectedFields = (app: AppDefinition, scheme: AuthScheme): ExpectedField[] =>
  scheme.params.map((param) => ({
    name: param.name,
    label: param.label,
    help: param.help,
    helpUrl: param.helpUrl ?? null,
    example: param.example ?? null,
    default: param.default ?? null,
    pattern: param.pattern ?? (param.role === 'hostLabel' ? hostLabel : null),
    role: param.role,
    options: param.options ?? null,
    secret: param.secret,
    required: param.required && param.default === undefined,
    around: aroundInHost(app, scheme, param.name),
  }))
