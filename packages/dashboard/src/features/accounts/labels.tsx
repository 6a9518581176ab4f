import type { ConnectedAccount } from '@holdfast/sdk'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { inputClass } from '../../ui/field.tsx'

export function Labels({ account: { id, labels } }: { account: ConnectedAccount }) {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const [text, setText] = useState<string>()
  const save = useAction((next: string[]) => serverFor(projectId).connectedAccounts.setLabels(id, next), {
    invalidates: [['project', projectId, 'accounts']],
  })
  if (text === undefined)
    return (
      <span className="flex flex-wrap items-center gap-1.5">
        {labels.map((label) => (
          <Badge key={label}>{label}</Badge>
        ))}
        {labels.length === 0 && <span className="text-faint">None</span>}
        {mayChange && (
          <Button
            variant="ghost"
            size="iconSm"
            aria-label="Change the labels"
            onClick={() => setText(labels.join(', '))}
          >
            <Pencil aria-hidden />
          </Button>
        )}
      </span>
    )
  return (
    <form
      className="flex flex-wrap gap-2"
      onSubmit={async (event) => {
        event.preventDefault()
        await save.mutateAsync(
          text
            .split(',')
            .map((label) => label.trim())
            .filter(Boolean),
        )
        setText(undefined)
      }}
    >
      <input
        aria-label="Labels, separated by commas"
        // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed
        autoFocus
        value={text}
        onChange={(event) => setText(event.target.value)}
        className={`${inputClass} w-56!`}
      />
      <Button type="submit" busy={save.isPending}>
        Save
      </Button>
      <Button variant="ghost" onClick={() => setText(undefined)}>
        Cancel
      </Button>
    </form>
  )
}
