import { Page } from '../../ui/page.tsx'

export const OverviewScreen = () => <Page title="Overview">{null}</Page>
