import { Page } from '../../ui/page.tsx'

export const IntegrationScreen = () => <Page title="Integration">{null}</Page>
