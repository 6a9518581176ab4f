import { Page } from '../../ui/page.tsx'

export const SettingsScreen = () => <Page title="Settings">{null}</Page>
