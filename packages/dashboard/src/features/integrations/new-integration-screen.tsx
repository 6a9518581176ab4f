import { Page } from '../../ui/page.tsx'

export const NewIntegrationScreen = () => <Page title="Add an integration">{null}</Page>
