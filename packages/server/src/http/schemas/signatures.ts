import { z } from '@hono/zod-openapi'

export const SignatureBody = z
  .strictObject({
    method: z
      .string()
      .regex(/^[A-Za-z]{1,20}$/, 'an HTTP method')
      .transform((method) => method.toUpperCase()),
    url: z
      .string()
      .min(1)
      .max(8000)
      .openapi({ description: "A path below the account's base URL, or the whole URL, with its query." }),
    headers: z
      .record(
        z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'not a header name'),
        z
          .string()
          .regex(/^[\t\x20-\x7e]*$/, 'printable ASCII')
          .max(8000),
      )
      .optional()
      .openapi({ description: 'The headers you will send. AWS signs them; OAuth 1 looks at content-type.' }),
    body: z
      .string()
      .optional()
      .openapi({ description: 'The body you will send. AWS signs any; OAuth 1 signs a form.' }),
    bodySha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, '64 digits of lower-case hex')
      .optional()
      .openapi({ description: 'Instead of a body that is large or no text: its SHA-256.' }),
  })
  .refine((call) => call.body === undefined || call.bodySha256 === undefined, {
    path: ['bodySha256'],
    message: 'goes without body',
  })
  .openapi('UnsignedCall', {
    example: { method: 'GET', url: '/members/me?fields=username' },
  })

export const SignatureAnswer = z
  .object({
    url: z.string().openapi({ description: 'Where to send the call.' }),
    headers: z.record(z.string(), z.string()).openapi({ description: 'To be sent besides your own.' }),
  })
  .openapi('SignedCall')
