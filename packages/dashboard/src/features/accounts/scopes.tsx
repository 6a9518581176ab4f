import type { ConnectedAccount } from '@holdfast/sdk'
import { Check, Minus, Plus } from 'lucide-react'
import { Section } from '../../ui/card.tsx'

/** What was asked for beside what the app gave. */
export function Scopes({
  account: { requestedScopes, grantedScopes, authScheme, status },
}: {
  account: ConnectedAccount
}) {
  if (authScheme !== 'OAUTH2') return null
  const requested = requestedScopes ?? []
  const all = [...new Set([...requested, ...(grantedScopes ?? [])])]
  return (
    <Section
      title="Scopes"
      description={
        grantedScopes
          ? `${grantedScopes.length} granted, ${requested.length} requested`
          : status === 'INITIATED'
            ? 'Asked for, not granted yet.'
            : 'The app does not say which it granted.'
      }
      flush
    >
      {all.length === 0 ? (
        <p className="p-5 text-sm text-soft">None were asked for.</p>
      ) : (
        <ul className="divide-y divide-line text-sm">
          {all.map((scope) => {
            const wanted = requested.includes(scope)
            const granted = grantedScopes?.includes(scope)
            const look =
              granted === undefined
                ? { icon: <Minus aria-hidden className="text-faint" />, text: 'requested', tone: 'text-faint' }
                : granted
                  ? wanted
                    ? { icon: <Check aria-hidden className="text-good" />, text: 'granted', tone: 'text-good' }
                    : {
                        icon: <Plus aria-hidden className="text-accent" />,
                        text: 'granted in addition',
                        tone: 'text-accent',
                      }
                  : { icon: <Minus aria-hidden className="text-bad" />, text: 'not granted', tone: 'text-bad' }
            return (
              <li key={scope} className="flex items-center gap-3 px-4 py-2 sm:px-5 [&_svg]:size-4 [&_svg]:shrink-0">
                {look.icon}
                <code className="min-w-0 flex-1 font-mono text-xs">{scope}</code>
                <span className={`text-xs whitespace-nowrap ${look.tone}`}>{look.text}</span>
              </li>
            )
          })}
        </ul>
      )}
    </Section>
  )
}
