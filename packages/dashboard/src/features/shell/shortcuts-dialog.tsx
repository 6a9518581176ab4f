import { Dialog } from '../../ui/dialog.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { allDestinations } from './navigation.ts'
import { modifierKey } from './shortcuts.ts'

export function ShortcutsDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" width="sm">
      <dl className="grid grid-cols-[1fr_auto] gap-y-2 text-sm">
        <Shortcut name="Search or go to" keys={[modifierKey, 'K']} />
        <Shortcut name="Find on this screen" keys={['/']} />
        <Shortcut name="This list" keys={['?']} />
        {allDestinations.map(({ label, key }) => (
          <Shortcut key={key} name={label} keys={['G', key.toUpperCase()]} />
        ))}
      </dl>
    </Dialog>
  )
}

function Shortcut({ name, keys }: { name: string; keys: readonly string[] }) {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="flex gap-1">
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </dd>
    </>
  )
}
