import type { useForm } from '../../lib/use-form.ts'
import { Button } from '../../ui/button.tsx'
import { SecretField, TextField } from '../../ui/field.tsx'
import { ErrorPanel } from '../../ui/states.tsx'

/** Who somebody is, and the password they choose. */
export function PersonForm({
  form: { busy, error, errorOf, onSubmit },
  action,
  withEmail = false,
}: {
  form: ReturnType<typeof useForm>
  action: string
  withEmail?: boolean
}) {
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <TextField label="Your name" name="name" required autoComplete="name" error={errorOf('name')} />
      {withEmail && (
        <TextField label="Email" name="email" type="email" required autoComplete="username" error={errorOf('email')} />
      )}
      <SecretField
        label="Password"
        name="password"
        required
        autoComplete="new-password"
        help="12 characters or more. A few unrelated words are good."
        error={errorOf('password')}
      />
      {error !== undefined && (
        <div className="-mx-4 -my-2">
          <ErrorPanel error={error} />
        </div>
      )}
      <Button type="submit" variant="primary" size="lg" busy={busy}>
        {action}
      </Button>
    </form>
  )
}
