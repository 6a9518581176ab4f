import { ExternalLink } from 'lucide-react'
import { safeLink } from '../lib/app-definition.ts'
import { Section } from './card.tsx'

/** How a client is registered at the app: the steps its definition names. */
export function SetupGuide({
  appName,
  url,
  steps,
}: {
  appName: string
  url: string | undefined
  steps: readonly string[]
}) {
  const link = safeLink(url)
  return (
    <Section
      title={`At ${appName}`}
      actions={
        link && (
          <a
            href={link}
            target="_blank"
            rel="noreferrer"
            className="inline-flex items-center gap-1 text-sm text-accent hover:underline"
          >
            Open its console
            <ExternalLink aria-hidden className="size-3.5" />
          </a>
        )
      }
    >
      {steps.length === 0 ? (
        <p className="text-sm text-soft">Register an OAuth client in the app’s developer settings.</p>
      ) : (
        <ol className="flex flex-col gap-2.5 text-sm">
          {steps.map((step, index) => (
            <li key={step} className="flex gap-3">
              <span className="mt-px flex size-5 shrink-0 items-center justify-center rounded-full bg-sunken text-2xs font-semibold text-soft ring-1 ring-line">
                {index + 1}
              </span>
              <span>{step}</span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  )
}
