import { Page } from '../../ui/page.tsx'

export const IntegrationsScreen = () => <Page title="Integrations">{null}</Page>
