import { Page } from '../../ui/page.tsx'

export const EntitiesScreen = () => <Page title="Entities">{null}</Page>
