import { CopyButton } from './copy-button.tsx'

/** @param label What the text is, for those who do not see it. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className="relative min-w-0 rounded-lg border border-line bg-sunken">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section tabIndex={0} aria-label={label} className="max-h-96 overflow-auto rounded-lg p-3 pr-11">
        <pre className="font-mono text-xs leading-5">{text}</pre>
      </section>
      <span className="absolute top-1.5 right-1.5 rounded-md bg-sunken">
        <CopyButton value={text} label={`Copy: ${label}`} />
      </span>
    </div>
  )
}
