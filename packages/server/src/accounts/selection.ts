import type { AccountSelection } from '../store/index.ts'
import type { AccountFilter } from './types.ts'

/** A filter in the words of the store. */
export const selectionOf = ({ showDisabled, ...selection }: AccountFilter): AccountSelection => ({
  ...selection,
  enabledOnly: showDisabled === false,
})
