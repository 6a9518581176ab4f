import type { AnswerFields, AppHooks } from '../src/hooks.ts'

/**
 * Who asks for user scopes alone gets no bot, and the token of the person stands a level deeper. With a bot the answer is
 * left as it is: its token stays the account's. https://docs.slack.dev/authentication/installing-with-oauth
 */
export const slack: AppHooks = {
  tokenResponse(fields: AnswerFields): AnswerFields {
    const { access_token, authed_user: person } = fields
    if (access_token !== undefined || typeof person !== 'object' || person === null) return fields
    return { ...fields, ...person }
  },
}
