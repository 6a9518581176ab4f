/** Every screen and its address. Screens are loaded when they are first gone to. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { basePath } from '../lib/server.ts'
import { NotFoundScreen, ScreenError, ScreenPending } from './edge-screens.tsx'
import { HomeScreen } from './home-screen.tsx'
import { ProjectLayout } from './project-layout.tsx'
import { accountSearch, appSearch, deliverySearch, entitySearch, requestSearch, settingsSearch } from './search.ts'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundScreen })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  // The link that the first start prints: its token is behind the #, where no server and no log sees it.
  beforeLoad: ({ location }) => {
    const [, kind, token] = /^\/?(setup|invite)\/(.+)$/.exec(location.hash) ?? []
    if (kind === 'setup' && token) throw redirect({ to: '/setup', hash: token })
    if (kind === 'invite' && token) throw redirect({ to: '/invite', hash: token })
  },
  component: HomeScreen,
})
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: ({ next }: Record<string, unknown>): { next?: string } =>
    typeof next === 'string' && next.startsWith(`${basePath}p/`) ? { next } : {},
  component: lazyRouteComponent(() => import('../features/sign-in/sign-in-screen.tsx'), 'SignInScreen'),
})
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('../features/sign-in/setup-screen.tsx'), 'SetupScreen'),
})
const invite = createRoute({
  getParentRoute: () => root,
  path: '/invite',
  component: lazyRouteComponent(() => import('../features/sign-in/invite-screen.tsx'), 'InviteScreen'),
})

const project = createRoute({ getParentRoute: () => root, path: '/p/$projectId', component: ProjectLayout })

const overview = createRoute({
  getParentRoute: () => project,
  path: '/',
  component: lazyRouteComponent(() => import('../features/overview/overview-screen.tsx'), 'OverviewScreen'),
})
const accounts = createRoute({
  getParentRoute: () => project,
  path: 'accounts',
  validateSearch: accountSearch,
  component: lazyRouteComponent(() => import('../features/accounts/accounts-screen.tsx'), 'AccountsScreen'),
})
const account = createRoute({
  getParentRoute: () => project,
  path: 'accounts/$accountId',
  component: lazyRouteComponent(() => import('../features/accounts/account-screen.tsx'), 'AccountScreen'),
})
const entities = createRoute({
  getParentRoute: () => project,
  path: 'entities',
  validateSearch: entitySearch,
  component: lazyRouteComponent(() => import('../features/entities/entities-screen.tsx'), 'EntitiesScreen'),
})
const integrations = createRoute({
  getParentRoute: () => project,
  path: 'integrations',
  component: lazyRouteComponent(() => import('../features/integrations/integrations-screen.tsx'), 'IntegrationsScreen'),
})
const newIntegration = createRoute({
  getParentRoute: () => project,
  path: 'integrations/new',
  validateSearch: appSearch,
  component: lazyRouteComponent(
    () => import('../features/integrations/new-integration-screen.tsx'),
    'NewIntegrationScreen',
  ),
})
const integration = createRoute({
  getParentRoute: () => project,
  path: 'integrations/$integrationId',
  component: lazyRouteComponent(() => import('../features/integrations/integration-screen.tsx'), 'IntegrationScreen'),
})
const apps = createRoute({
  getParentRoute: () => project,
  path: 'apps',
  validateSearch: appSearch,
  component: lazyRouteComponent(() => import('../features/apps/apps-screen.tsx'), 'AppsScreen'),
})
const newApp = createRoute({
  getParentRoute: () => project,
  path: 'apps/new',
  validateSearch: appSearch,
  component: lazyRouteComponent(() => import('../features/apps/new-app-screen.tsx'), 'NewAppScreen'),
})
const app = createRoute({
  getParentRoute: () => project,
  path: 'apps/$appKey',
  component: lazyRouteComponent(() => import('../features/apps/app-screen.tsx'), 'AppScreen'),
})
const webhooks = createRoute({
  getParentRoute: () => project,
  path: 'webhooks',
  component: lazyRouteComponent(() => import('../features/webhooks/webhooks-screen.tsx'), 'WebhooksScreen'),
})
const endpoint = createRoute({
  getParentRoute: () => project,
  path: 'webhooks/$endpointId',
  validateSearch: deliverySearch,
  component: lazyRouteComponent(() => import('../features/webhooks/endpoint-screen.tsx'), 'EndpointScreen'),
})
const apiKeys = createRoute({
  getParentRoute: () => project,
  path: 'api-keys',
  component: lazyRouteComponent(() => import('../features/api-keys/api-keys-screen.tsx'), 'ApiKeysScreen'),
})
const requests = createRoute({
  getParentRoute: () => project,
  path: 'requests',
  validateSearch: requestSearch,
  component: lazyRouteComponent(() => import('../features/requests/requests-screen.tsx'), 'RequestsScreen'),
})
const audit = createRoute({
  getParentRoute: () => project,
  path: 'audit-log',
  component: lazyRouteComponent(() => import('../features/audit/audit-screen.tsx'), 'AuditScreen'),
})
const settings = createRoute({
  getParentRoute: () => project,
  path: 'settings',
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import('../features/settings/settings-screen.tsx'), 'SettingsScreen'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    setup,
    invite,
    project.addChildren([
      overview,
      accounts,
      account,
      entities,
      integrations,
      newIntegration,
      integration,
      apps,
      newApp,
      app,
      webhooks,
      endpoint,
      apiKeys,
      requests,
      audit,
      settings,
    ]),
  ]),
  basepath: basePath,
  // Plain text both ways: addresses that people can read, write and send.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
    const params = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
    return params.size > 0 ? `?${params}` : ''
  },
  defaultPreload: 'intent',
  defaultPendingComponent: ScreenPending,
  defaultErrorComponent: ScreenError,
  defaultNotFoundComponent: NotFoundScreen,
  // A style element for the transition of scroll positions would break the content security policy.
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
