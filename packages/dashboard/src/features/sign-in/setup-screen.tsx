import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { server } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { sessionQuery, setupQuery } from '../../queries/session.ts'
import { Redirect } from '../../ui/redirect.tsx'
import { Splash } from '../../ui/splash.tsx'
import { Door } from './door.tsx'
import { PersonForm } from './person-form.tsx'

/** Where the link leads that the first start prints. */
export function SetupScreen() {
  const { hash: token } = useLocation()
  const { data } = useQuery(setupQuery)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const form = useForm(async ({ name = '', email = '', password = '' }) => {
    await server.session.setUp({ token, name, email, password })
    await queries.fetchQuery({ ...sessionQuery, staleTime: 0 })
    await navigate({ to: '/', hash: '', replace: true })
  })
  if (data === undefined) return <Splash />
  if (!data.needed && !form.busy) return <Redirect to="/" hash="" />
  return (
    <Door title="Welcome to Holdfast" description="You will own this server. Others can be invited later.">
      <PersonForm form={form} action="Create the owner" withEmail />
    </Door>
  )
}
