import { Page } from '../../ui/page.tsx'

export const AppsScreen = () => <Page title="App catalog">{null}</Page>
