import { type AppDefinition, type AuthScheme, checkParams, integrationParamsOf, type Param } from '@holdfast/catalog'
import { type FieldError, invalid } from '../errors.ts'

/** What the operator fills in for an integration: the definition's `integrationParams`. The same walls as for a person. */

/**
 * Checks what was given; what is missing is not asked for yet.
 * @throws {AppError} validation_failed with each field as `params.<name>`.
 */
export function checkOwnParams(
  app: AppDefinition,
  scheme: AuthScheme,
  given: Readonly<Record<string, unknown>> | undefined,
): Record<string, string> {
  if (given === undefined) return {}
  const params = integrationParamsOf(scheme).map((param) => ({ ...param, required: false }))
  const { values, problems } = checkParams(app, { ...scheme, params }, given)
  const fields = problems.map(({ name, message }): FieldError => ({ property: `params.${name}`, message }))
  if (fields.length > 0) throw invalid(...(fields as [FieldError, ...FieldError[]]))
  return values
}

/** @returns The first one without which the app cannot be used. */
export const missingOwnParam = (scheme: AuthScheme, params: Readonly<Record<string, string>>): Param | undefined =>
  integrationParamsOf(scheme).find(
    ({ name, required, default: usual }) => required && usual === undefined && !Object.hasOwn(params, name),
  )

/** With defaults filled in. The simulator takes any value, so a simulated integration is never short of one. */
export function ownParamsFor(
  scheme: AuthScheme,
  params: Readonly<Record<string, string>>,
  simulated: boolean,
): Record<string, string> {
  const usual = integrationParamsOf(scheme).flatMap((param): [string, string][] => {
    const value = param.default ?? (simulated ? (param.options?.[0] ?? param.example ?? 'simulated') : undefined)
    return value === undefined ? [] : [[param.name, value]]
  })
  return { ...Object.fromEntries(usual), ...params }
}
