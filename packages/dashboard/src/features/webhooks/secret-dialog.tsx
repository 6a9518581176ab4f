import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'

/** The secret that signs, with what it is for. */
export function SecretDialog({
  made,
  title = 'The endpoint is there',
  onClose,
}: {
  made: { url: string; secret: string } | undefined
  title?: string
  onClose: () => void
}) {
  return (
    <Dialog
      open={made !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description="Your server verifies messages with this secret, by the Standard Webhooks scheme."
    >
      {made && (
        <div className="flex flex-col gap-4">
          <CodeBlock label="Signing secret" text={made.secret} />
          <CodeBlock
            label="Verify in JavaScript"
            text={`import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.HOLDFAST_WEBHOOK_SECRET)
const event = webhook.verify(rawBody, request.headers) // throws when it is not ours
console.log(event.type, event.data.connectedAccount.id)`}
          />
          <DialogActions>
            <Button variant="primary" onClick={onClose}>
              Done
            </Button>
          </DialogActions>
        </div>
      )}
    </Dialog>
  )
}
