import { useState } from 'react'
import type { DescribedScope } from '../../lib/app-definition.ts'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { inputClass } from '../../ui/field.tsx'

/** Which scopes users are asked for. @param scopes Null: those of the app's definition. */
export function ScopePicker({
  scopes,
  known,
  onChange,
  error,
}: {
  scopes: readonly string[] | null
  known: { default: readonly string[]; described: readonly DescribedScope[] }
  onChange: (scopes: readonly string[] | null) => void
  error: string | undefined
}) {
  const [typed, setTyped] = useState('')
  const chosen = scopes ?? known.default
  const names = [...new Set([...known.described.map(({ name }) => name), ...known.default, ...chosen])]
  const describe = (name: string) => known.described.find((one) => one.name === name)?.description
  const add = () => {
    const more = typed.split(/[\s,]+/).filter(Boolean)
    if (more.length > 0) onChange([...new Set([...chosen, ...more])])
    setTyped('')
  }
  return (
    <Section
      title="Scopes"
      description="Ask for as little as you need: people read this list."
      actions={
        scopes !== null && (
          <Button size="sm" onClick={() => onChange(null)}>
            The app’s own
          </Button>
        )
      }
    >
      <fieldset className="flex flex-col gap-2.5">
        <legend className="sr-only">Scopes</legend>
        {names.map((name) => (
          <Checkbox
            key={name}
            label={describe(name) ?? name}
            description={describe(name) ? name : undefined}
            checked={chosen.includes(name)}
            onChange={(on) => onChange(on ? [...chosen, name] : chosen.filter((one) => one !== name))}
          />
        ))}
      </fieldset>
      <div className="mt-4 flex gap-2">
        <input
          aria-label="Another scope"
          placeholder="Another scope"
          value={typed}
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add()
          }}
          className={inputClass}
        />
        <Button onClick={add}>Add</Button>
      </div>
      {error && <p className="mt-2 text-xs text-bad">{error}</p>}
    </Section>
  )
}
