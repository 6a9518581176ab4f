/** Answers may hold credentials: nobody may keep, sniff or frame them. Without CORS headers no other origin reads them. */
export const safeHeaderValues = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const
