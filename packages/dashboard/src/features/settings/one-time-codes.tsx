import type { OwnOperator } from '@holdfast/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { server } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useForm } from '../../lib/use-form.ts'
import { useOperator } from '../../lib/use-project.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { QrCode } from '../../ui/qr-code.tsx'
import { FormError } from '../../ui/states.tsx'

/** A second factor besides the password. */
export function OneTimeCodes() {
  const { totpEnabled } = useOperator() as OwnOperator
  const [proposal, setProposal] = useState<{ secret: string; uri: string }>()
  const [removing, setRemoving] = useState(false)
  const propose = useAction(async () => setProposal(await server.session.proposeTotp()))
  return (
    <Section
      title="One-time codes"
      description="An authenticator app on your phone, asked for besides the password."
      actions={
        totpEnabled ? (
          <>
            <Badge tone="good">On</Badge>
            <Button onClick={() => setRemoving(true)}>Switch off</Button>
          </>
        ) : (
          <Button busy={propose.isPending} onClick={() => propose.mutate(undefined)}>
            Switch on
          </Button>
        )
      }
      flush
    >
      {proposal && <SwitchOn proposal={proposal} onClose={() => setProposal(undefined)} />}
      {removing && <SwitchOff onClose={() => setRemoving(false)} />}
    </Section>
  )
}

function SwitchOn({ proposal, onClose }: { proposal: { secret: string; uri: string }; onClose: () => void }) {
  const queries = useQueryClient()
  const [recovery, setRecovery] = useState<readonly string[]>()
  const form = useForm(async ({ code = '' }) => setRecovery(await server.session.confirmTotp(code.replaceAll(' ', ''))))
  const close = () => {
    onClose()
    void queries.invalidateQueries({ queryKey: ['session'] })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={recovery ? 'Keep these codes' : 'Switch one-time codes on'}
      width="sm"
    >
      {recovery ? (
        <div className="flex flex-col gap-4">
          <Notice tone="warn">Each works once, for the day you lose the phone. They are shown this once.</Notice>
          <CodeBlock label="Recovery codes" text={recovery.join('\n')} />
          <DialogActions>
            <Button variant="primary" onClick={close}>
              I have kept them
            </Button>
          </DialogActions>
        </div>
      ) : (
        <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
          <p className="text-sm text-soft">
            Scan this with your authenticator app,{' '}
            <a href={proposal.uri} className="text-accent hover:underline">
              open it there
            </a>
            , or type the secret in. Then type the code it shows.
          </p>
          <div className="flex justify-center">
            <QrCode text={proposal.uri} label="The secret, for a camera" />
          </div>
          <CopyValue value={proposal.secret} label="Copy the secret" />
          <TextField
            label="Code"
            name="code"
            required
            inputMode="numeric"
            autoComplete="one-time-code"
            error={form.errorOf('code')}
          />
          <FormError error={form.error} />
          <DialogActions>
            <Button onClick={close}>Cancel</Button>
            <Button type="submit" variant="primary" busy={form.busy}>
              Switch on
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  )
}

function SwitchOff({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const form = useForm(async ({ code = '' }) => {
    await server.session.removeTotp(code.trim())
    await queries.invalidateQueries({ queryKey: ['session'] })
    onClose()
  })
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Switch one-time codes off" width="sm">
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <TextField
          label="Code, or a recovery code"
          name="code"
          required
          autoComplete="one-time-code"
          error={form.errorOf('code')}
        />
        <FormError error={form.error} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" busy={form.busy}>
            Switch off
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
