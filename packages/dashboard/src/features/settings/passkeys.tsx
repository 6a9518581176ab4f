import { useQuery } from '@tanstack/react-query'
import { KeyRound, Plus, Trash2 } from 'lucide-react'
import { makePasskey, passkeysWork } from '../../lib/passkey.ts'
import { server } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { passkeysQuery } from '../../queries/operators.ts'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

export function Passkeys() {
  const { data, error, refetch } = useQuery(passkeysQuery)
  const invalidates = [['passkeys'], ['session']]
  const add = useAction(
    async () => {
      const answer = await makePasskey(await server.session.newPasskeyOptions())
      return server.session.addPasskey(answer, `Added ${new Date().toISOString().slice(0, 10)}`)
    },
    { invalidates, done: 'The passkey is registered' },
  )
  const remove = useAction((id: string) => server.session.deletePasskey(id), { invalidates })
  return (
    <Section
      title="Passkeys"
      description="Sign in with your fingerprint, face or a key. No password, nothing to phish."
      actions={
        <Button busy={add.isPending} disabled={!passkeysWork()} onClick={() => add.mutate(undefined)}>
          <Plus aria-hidden />
          Add a passkey
        </Button>
      }
      flush
    >
      {error ? (
        <ErrorPanel error={error} retry={refetch} />
      ) : data === undefined ? (
        <Loading label="passkeys" rows={1} />
      ) : data.length === 0 ? (
        <p className="px-4 py-4 text-sm text-soft sm:px-5">
          {passkeysWork() ? 'None yet.' : 'Passkeys need https, or this page opened at http://localhost.'}
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {data.map((passkey) => (
            <li key={passkey.id} className="flex items-center gap-3 px-4 py-2.5 text-sm sm:px-5">
              <KeyRound aria-hidden className="size-4 text-faint" />
              <div className="min-w-0 flex-1">
                <p className="truncate">{passkey.name}</p>
                <p className="text-xs text-faint">
                  {passkey.lastUsedAt ? (
                    <>
                      used <Time at={passkey.lastUsedAt} />
                    </>
                  ) : (
                    'never used'
                  )}
                </p>
              </div>
              <Button
                variant="ghost"
                size="icon"
                aria-label={`Delete ${passkey.name}`}
                onClick={() => remove.mutate(passkey.id)}
              >
                <Trash2 aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
