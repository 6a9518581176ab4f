import { Page } from '../../ui/page.tsx'

export const ApiKeysScreen = () => <Page title="API keys">{null}</Page>
