import { CopyButton } from '../../ui/copy-button.tsx'

export const RedirectUri = ({ uri }: { uri: string }) => (
  <div className="flex items-center gap-2 rounded-lg border border-line bg-sunken py-1.5 pr-1.5 pl-3">
    <code className="min-w-0 flex-1 font-mono text-xs break-all select-all">{uri}</code>
    <CopyButton text value={uri} label="Copy" variant="secondary" />
  </div>
)
