import { Page } from '../../ui/page.tsx'

export const AppScreen = () => <Page title="App">{null}</Page>
