import { Link } from '@tanstack/react-router'
import { Blocks, KeyRound, Link2, type LucideIcon, Webhook } from 'lucide-react'
import type { ReactNode } from 'react'
import { useProject } from '../../lib/use-project.ts'
import { Section } from '../../ui/card.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'

/** What to do in a project that has no account yet. */
export function FirstSteps() {
  const { id: projectId, mode } = useProject()
  const params = { projectId }
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Section
        title="Connect the first account"
        description={mode === 'test' ? 'A simulator plays the apps: nothing has to be registered.' : 'In four steps.'}
        flush
      >
        <ol className="divide-y divide-line">
          {mode === 'live' && (
            <Step icon={Blocks} text="Give it the OAuth clients of the apps you want.">
              <Link to="/p/$projectId/integrations/new" params={params} className={linkClass}>
                Add an integration
              </Link>
            </Step>
          )}
          <Step icon={KeyRound} text="Your server calls this one with a key of the project.">
            <Link to="/p/$projectId/api-keys" params={params} className={linkClass}>
              Make an API key
            </Link>
          </Step>
          <Step icon={Link2} text="Open a connect link yourself, as one of your users would.">
            <Link to="/p/$projectId/accounts" params={params} className={linkClass}>
              Connect an account
            </Link>
          </Step>
          <Step icon={Webhook} text="Hear of every change instead of asking.">
            <Link to="/p/$projectId/webhooks" params={params} className={linkClass}>
              Add a webhook
            </Link>
          </Step>
        </ol>
      </Section>
      <Section title="From a terminal" description="With a key of this project in HOLDFAST_API_KEY.">
        <CodeBlock
          label="Make a connect link"
          text={`curl -X POST ${document.baseURI}api/v1/connectLinks \\
  -H "x-api-key: $HOLDFAST_API_KEY" \\
  -H 'content-type: application/json' \\
  -d '{ "entityId": "jessica" }'`}
        />
      </Section>
    </div>
  )
}

const linkClass = 'font-medium text-accent after:absolute after:inset-0 hover:underline'

const Step = ({ icon: Icon, text, children }: { icon: LucideIcon; text: string; children: ReactNode }) => (
  <li className="relative flex items-center gap-3.5 px-4 py-3 hover:bg-hover sm:px-5">
    <span className="flex size-9 shrink-0 items-center justify-center rounded-lg border border-line bg-sunken text-soft">
      <Icon aria-hidden className="size-4" />
    </span>
    <span className="min-w-0 text-sm">
      {children}
      <span className="block text-soft">{text}</span>
    </span>
  </li>
)
