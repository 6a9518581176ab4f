/** Accounts have numbers: even ones connect by API key, odd ones by OAuth. Every tenth of a kind is EXPIRED. */

/** The id of the account of this number: a UUID, in the order in which accounts are made, as real ids are. */
export const idAt = (number: number): string => `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`

export const isExpired = (number: number): boolean => Math.floor(number / 2) % 10 === 9

/** The number of the `nth` ACTIVE account of a kind, counted from 0. @param first 0: API key, 1: OAuth. */
export const activeNumber = (first: 0 | 1, nth: number): number => first + 2 * (nth + Math.floor(nth / 9))

/** How many of so many accounts are ACTIVE and of one kind. */
export const activeOfKind = (accounts: number): number => Math.floor((accounts / 2) * 0.9)
