import { useQuery } from '@tanstack/react-query'
import { server } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useForm } from '../../lib/use-form.ts'
import { browsersQuery } from '../../queries/operators.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { SecretField } from '../../ui/field.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { OneTimeCodes } from './one-time-codes.tsx'
import { Passkeys } from './passkeys.tsx'

export const PersonSettings = () => (
  <div className="flex max-w-3xl flex-col gap-5">
    <Password />
    <OneTimeCodes />
    <Passkeys />
    <Browsers />
  </div>
)

function Password() {
  const form = useForm(async ({ current = '', next = '' }) => {
    await server.session.changePassword({ current, next })
    toast.done('The password is changed', 'You are signed out everywhere else.')
  })
  return (
    <Section title="Password">
      <form onSubmit={form.onSubmit} className="grid gap-4 sm:grid-cols-2">
        <SecretField
          label="Current password"
          name="current"
          required
          autoComplete="current-password"
          error={form.errorOf('current')}
        />
        <SecretField
          label="New password"
          name="next"
          required
          autoComplete="new-password"
          help="12 characters or more."
          error={form.errorOf('next')}
        />
        {form.error !== undefined && (
          <div className="-m-4 sm:col-span-2">
            <ErrorPanel error={form.error} />
          </div>
        )}
        <div className="flex justify-end sm:col-span-2">
          <Button type="submit" busy={form.busy}>
            Change the password
          </Button>
        </div>
      </form>
    </Section>
  )
}

function Browsers() {
  const { data, error, refetch } = useQuery(browsersQuery)
  const end = useAction((id: string) => server.session.endBrowser(id), { invalidates: [['browsers']] })
  return (
    <Section title="Where you are signed in" flush>
      {error ? (
        <ErrorPanel error={error} retry={refetch} />
      ) : data === undefined ? (
        <Loading label="sessions" rows={1} />
      ) : (
        <ul className="divide-y divide-line">
          {data.map((browser) => (
            <li key={browser.id} className="flex items-center gap-3 px-4 py-2.5 text-sm sm:px-5">
              <div className="min-w-0 flex-1">
                <p className="truncate">{nameOf(browser.userAgent)}</p>
                <p className="text-xs text-faint">
                  seen <Time at={browser.lastSeenAt} />
                </p>
              </div>
              {browser.current ? (
                <Badge tone="good">This browser</Badge>
              ) : (
                <Button size="sm" onClick={() => end.mutate(browser.id)}>
                  Sign out
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

/** The part of a browser's long self-description that people know it by. */
function nameOf(userAgent: string): string {
  const browser = /(?:Firefox|Edg|OPR|Chrome|Safari)(?=\/)/.exec(userAgent)?.[0] ?? 'A browser'
  const system = /(?:Windows|Macintosh|Android|iPhone|iPad|Linux)/.exec(userAgent)?.[0]
  return system ? `${browser.replace('Edg', 'Edge').replace('OPR', 'Opera')} on ${system}` : browser
}
