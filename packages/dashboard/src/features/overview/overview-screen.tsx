import type { Overview } from '@holdfast/sdk'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useProject } from '../../lib/use-project.ts'
import { overviewQuery } from '../../queries/overview.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Page } from '../../ui/page.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'
import { Attention } from './attention.tsx'
import { FirstSteps } from './first-steps.tsx'
import { Refreshes } from './refreshes.tsx'
import { StatusFigures } from './status-figures.tsx'

export function OverviewScreen() {
  const project = useProject()
  const { data, error, refetch } = useQuery(overviewQuery(project.id))
  return (
    <Page
      title="Overview"
      description={`How the accounts of ${project.name} are doing.`}
      actions={
        <>
          <ApiCallButton call={{ method: 'GET', path: '/api/v1/overview', javascript: 'holdfast.overview()' }} />
          <Link to="/p/$projectId/accounts" params={{ projectId: project.id }} className={buttonClass()}>
            All accounts
          </Link>
        </>
      }
    >
      {error ? (
        <Card>
          <ErrorPanel error={error} retry={refetch} />
        </Card>
      ) : data === undefined ? (
        <Card>
          <Loading label="the overview" />
        </Card>
      ) : data.accounts.total === 0 ? (
        <FirstSteps />
      ) : (
        <Figures overview={data} />
      )}
    </Page>
  )
}

function Figures({ overview }: { overview: Overview }) {
  return (
    <>
      <StatusFigures accounts={overview.accounts} />
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Attention overview={overview} />
        <Refreshes overview={overview} />
      </div>
    </>
  )
}
