import { isHoldfastError } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { Fingerprint } from 'lucide-react'
import { useState } from 'react'
import { askForPasskey, passkeysWork } from '../../lib/passkey.ts'
import { basePath, server } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useForm } from '../../lib/use-form.ts'
import { sessionQuery, setupQuery } from '../../queries/session.ts'
import { Button } from '../../ui/button.tsx'
import { SecretField, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { ErrorPanel } from '../../ui/states.tsx'
import { Door } from './door.tsx'

export function SignInScreen() {
  const { next } = useSearch({ from: '/sign-in' })
  const queries = useQueryClient()
  const router = useRouter()
  const { data: setup } = useQuery(setupQuery)
  const [needsCode, setNeedsCode] = useState(false)
  const enter = async () => {
    await queries.fetchQuery({ ...sessionQuery, staleTime: 0 })
    router.history.replace(next ?? basePath)
  }
  const { busy, error, code, errorOf, onSubmit } = useForm(async ({ email = '', password = '', totp }) => {
    try {
      await server.session.signIn({ email, password, totp: totp || undefined })
    } catch (refusal) {
      if (isHoldfastError(refusal) && refusal.code === 'totp_required') setNeedsCode(true)
      throw refusal
    }
    await enter()
  })
  const passkey = useAction(async () => {
    await server.session.signInWithPasskey(await askForPasskey(await server.session.passkeySignInOptions()))
    await enter()
  })

  if (setup?.needed)
    return (
      <Door title="Almost there" description="This server has no owner yet.">
        <Notice tone="accent" title="Open the setup link">
          It was printed in the terminal when the server started, and works once. Start the server again to see it
          again.
        </Notice>
      </Door>
    )

  return (
    <Door title="Sign in" description="to the accounts your users have connected">
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <TextField
          label="Email"
          name="email"
          type="email"
          required
          autoComplete="username"
          autoFocus
          error={errorOf('email')}
        />
        <SecretField
          label="Password"
          name="password"
          required
          autoComplete="current-password"
          error={errorOf('password')}
        />
        {needsCode && (
          <TextField
            label="Code of your authenticator app"
            name="totp"
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            autoFocus
            error={errorOf('totp')}
          />
        )}
        {error !== undefined && code === 'unauthorized' && (
          <p role="alert" className="text-sm text-bad">
            {needsCode ? 'The code is not the current one.' : 'No operator has this email and password.'}
          </p>
        )}
        {error !== undefined && code !== 'unauthorized' && code !== 'totp_required' && (
          <div className="-mx-4 -my-2">
            <ErrorPanel error={error} />
          </div>
        )}
        <Button type="submit" variant="primary" size="lg" busy={busy}>
          Sign in
        </Button>
        {passkeysWork() && (
          <Button size="lg" busy={passkey.isPending} onClick={() => passkey.mutate(undefined)}>
            <Fingerprint aria-hidden />
            Sign in with a passkey
          </Button>
        )}
      </form>
    </Door>
  )
}
