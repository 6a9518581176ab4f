import { Compass } from 'lucide-react'
import { serverUrl } from '../lib/server.ts'
import { buttonClass } from '../ui/button.tsx'
import { Empty, ErrorPanel, Loading } from '../ui/states.tsx'

export const ScreenPending = () => <Loading label="the screen" />

export function ScreenError({ error, reset }: { error: unknown; reset: () => void }) {
  return <ErrorPanel error={error} retry={reset} />
}

export function NotFoundScreen() {
  return (
    <main className="p-6">
      <Empty
        icon={Compass}
        level={1}
        title="There is nothing at this address"
        actions={
          <a href={`${serverUrl}/`} className={buttonClass({ variant: 'primary' })}>
            Go to the dashboard
          </a>
        }
      >
        It may have been deleted, or the link was cut off.
      </Empty>
    </main>
  )
}
