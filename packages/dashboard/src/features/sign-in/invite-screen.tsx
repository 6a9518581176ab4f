import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { server } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { sessionQuery } from '../../queries/session.ts'
import { Splash } from '../../ui/splash.tsx'
import { ErrorPanel } from '../../ui/states.tsx'
import { Door } from './door.tsx'
import { PersonForm } from './person-form.tsx'

/** Where an invitation leads. */
export function InviteScreen() {
  const { hash: token } = useLocation()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { data, error } = useQuery({
    queryKey: ['invite', token],
    queryFn: ({ signal }) => server.operators.getInvite(token, { signal }),
  })
  const form = useForm(async ({ name = '', password = '' }) => {
    await server.operators.acceptInvite(token, { name, password })
    await queries.fetchQuery({ ...sessionQuery, staleTime: 0 })
    await navigate({ to: '/', hash: '', replace: true })
  })
  if (error)
    return (
      <Door title="This invitation does not work" description="It was used, withdrawn or is too old.">
        <div className="-m-4">
          <ErrorPanel error={error} />
        </div>
      </Door>
    )
  if (!data) return <Splash />
  return (
    <Door title="You are invited" description={`As ${data.role}, with ${data.email}.`}>
      <PersonForm form={form} action="Join" />
    </Door>
  )
}
