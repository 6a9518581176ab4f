import type { App } from '@holdfast/sdk'
import { type ReactNode, useState } from 'react'
import { schemeName } from '../lib/app-definition.ts'
import { count } from '../lib/format.ts'
import { AppLogo } from './app-logo.tsx'
import { Badge } from './badge.tsx'
import { Button } from './button.tsx'

/** Tiles that are drawn before somebody asks for more: a search finds the rest sooner. */
const shownAtFirst = 60

/** Apps as tiles. @param action What a tile leads to: a link or button that covers it, holding the app's name. */
export function AppGrid({ apps, action }: { apps: readonly App[]; action: (app: App) => ReactNode }) {
  const [drawn, setDrawn] = useState(shownAtFirst)
  return (
    <>
      <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {apps.slice(0, drawn).map((app) => (
          <li
            key={app.key}
            className="relative flex min-w-0 gap-3.5 rounded-xl border border-line bg-surface p-4 shadow-card transition-colors hover:border-line-strong has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <AppLogo app={app.key} name={app.name} size="lg" />
            <div className="min-w-0 flex-1">
              <div className="flex items-center gap-2">
                <h2 className="min-w-0 truncate font-semibold">{action(app)}</h2>
                {!app.builtIn && <Badge tone="accent">Yours</Badge>}
              </div>
              <p className="line-clamp-2 text-sm text-soft">{app.description}</p>
              <p className="mt-1.5 truncate text-xs text-faint">
                {app.auth_schemes.map(({ mode }) => schemeName(mode)).join(' · ')}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {apps.length > drawn && (
        <p className="flex flex-wrap items-center justify-center gap-3 text-sm text-soft">
          {count(drawn)} of {count(apps.length)} apps
          <Button onClick={() => setDrawn(drawn * 4)}>Show more</Button>
        </p>
      )}
    </>
  )
}

export const tileClass = 'outline-none after:absolute after:inset-0 after:rounded-xl'

/** Apps whose name, key or description holds the text; one's own first, then those whose facts are known best. */
export function findApps(apps: readonly App[], text: string): App[] {
  const wanted = text.trim().toLowerCase()
  return apps
    .filter(({ key, name, description }) =>
      [key, name, description].some((part) => part.toLowerCase().includes(wanted)),
    )
    .sort((one, other) => knownOf(other, wanted) - knownOf(one, wanted))
}

/** A name that begins with the text was meant; facts from the vendor's own page count more than any number of others. */
function knownOf({ name, builtIn, sources }: App, wanted: string): number {
  const isMeant = wanted !== '' && name.toLowerCase().startsWith(wanted)
  return (isMeant ? 1000 : 0) + (builtIn ? (sources ?? 100) : 200)
}
