import { z } from '@hono/zod-openapi'

const colour = z
  .string()
  .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1a2b3c')
  .openapi({
    description: 'Where it cannot be read another shade is taken for text and edges; `colors` says what is drawn.',
  })

const shape = {
  name: z.string().nullable().openapi({ description: "Instead of the project's name." }),
  color: colour.nullable(),
  privacyUrl: z
    .string()
    .nullable()
    .openapi({ description: 'An https URL, linked on every page that asks for something.' }),
  embedOrigins: z
    .array(z.string())
    .openapi({ description: 'Origins whose pages may show the connect pages in a frame.' }),
  helpUrls: z
    .record(z.string(), z.string())
    .openapi({ description: "Pages of yours on where a value is found, instead of the app's; by `app.field`." }),
  showAccount: z.boolean().openapi({
    description: 'Show for a moment which account was connected before the browser returns to `redirectUri`.',
  }),
}

const ColourSet = z.object({
  button: z.string(),
  buttonEdge: z.string(),
  buttonHover: z.string(),
  onButton: z.string(),
  accent: z.string(),
})

export const BrandingBody = z
  .object({
    ...shape,
    logo: z
      .object({ type: z.string(), bytes: z.number().int(), url: z.string() })
      .nullable()
      .openapi({ description: 'Served by this server.' }),
    colors: z
      .object({ light: ColourSet, dark: ColourSet })
      .nullable()
      .openapi({ description: 'What is drawn: text at 4.5:1 and buttons at 3:1 in both themes (WCAG 2.2).' }),
  })
  .openapi('Branding')

export const UpdateBrandingBody = z
  .strictObject({
    name: z.string().trim().min(1).max(100).nullable(),
    color: colour.nullable(),
    logo: z
      .string()
      .max(100_000, 'is too large; at most 64 kB')
      .nullable()
      .openapi({ description: 'A data: URL with base64 of a PNG, JPEG or WebP of at most 64 kB. SVG is refused.' }),
    privacyUrl: z.string().max(2000).nullable(),
    embedOrigins: z.array(z.string().max(300)).max(20),
    helpUrls: z
      .record(
        z.string().regex(/^[a-z0-9_-]{1,100}\.[a-zA-Z0-9_]{1,100}$/, 'must be an app and a field: app.field'),
        z.string().max(2000),
      )
      .refine((urls) => Object.keys(urls).length <= 200, 'at most 200'),
    showAccount: z.boolean(),
  })
  .partial()
  .openapi('UpdateBranding', {
    example: { name: 'Acme', color: '#0b6e4f', privacyUrl: 'https://acme.example/privacy' },
  })
