import { slack } from '../hooks/slack.ts'

/** The fields of a JSON or form answer. */
export type AnswerFields = Readonly<Record<string, unknown>>

/** Whose account it is, as far as the answer tells. */
export interface FoundIdentity {
  id?: string | undefined
  name?: string | undefined
  email?: string | undefined
  avatar?: string | undefined
}

/**
 * What one app does in a way that fewer than three share, and that therefore has no field: a few pure functions, built in
 * only. They see what is about to be sent, or what came, and give it back as it should be. No network, no clock, no state.
 */
export interface AppHooks {
  /** The parameters of the authorization URL. State, redirect URI and code challenge stay what the server set. */
  authorizationParams?(params: Readonly<Record<string, string>>): Record<string, string>
  /** The parameters of a token request, by the app's own names. */
  tokenRequest?(params: Readonly<Record<string, string>>): Record<string, string>
  /** A token answer, before the definition's paths are read. */
  tokenResponse?(fields: AnswerFields): AnswerFields
  /** The answer of the identity call; what is given here goes before the definition's paths. */
  identify?(fields: AnswerFields): FoundIdentity
}

/** By app key. */
const hooks: ReadonlyMap<string, AppHooks> = new Map([['slack', slack]])

/** @returns Undefined for nearly every app. */
export const hooksOf = (appKey: string): AppHooks | undefined => hooks.get(appKey)
