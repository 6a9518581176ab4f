import type { AppDefinition } from '@holdfast/sdk'

/** To begin with: the two kinds that most apps are. */
export const templates: readonly { name: string; definition: AppDefinition }[] = [
  {
    name: 'OAuth 2',
    definition: {
      key: 'acme',
      name: 'Acme CRM',
      description: 'Contacts and deals of our own CRM.',
      baseUrl: 'https://api.acme.example',
      identity: { url: '/me', id: 'id', name: 'name', email: 'email' },
      authSchemes: [
        {
          scheme: 'OAUTH2',
          label: 'Sign in with Acme',
          authorizationEndpoint: 'https://acme.example/oauth/authorize',
          tokenEndpoint: 'https://acme.example/oauth/token',
          tokenEndpointAuthMethod: 'client_secret_basic',
          scopes: {
            default: ['contacts.read'],
            described: [{ name: 'contacts.read', description: 'Read contacts' }],
          },
        },
      ],
    },
  },
  {
    name: 'API key',
    definition: {
      key: 'acme',
      name: 'Acme CRM',
      description: 'Contacts and deals of our own CRM.',
      baseUrl: 'https://api.acme.example',
      testCall: { url: '/me' },
      identity: { url: '/me', id: 'id', name: 'name', email: 'email' },
      authSchemes: [
        {
          scheme: 'API_KEY',
          label: 'API key',
          params: [
            {
              name: 'api_key',
              label: 'API key',
              help: 'In Acme under Settings, API.',
              role: 'credential',
              secret: true,
            },
          ],
          send: [{ in: 'header', name: 'authorization', value: 'Bearer {api_key}' }],
        },
      ],
    },
  },
]
