import { Page } from '../../ui/page.tsx'

export const NewAppScreen = () => <Page title="Add your own app">{null}</Page>
