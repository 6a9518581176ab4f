import { CodeXml } from 'lucide-react'
import { useState } from 'react'
import { type ApiCall, type Language, languages, snippet } from '../lib/api-call.ts'
import { Button } from './button.tsx'
import { CodeBlock } from './code-block.tsx'
import { Dialog } from './dialog.tsx'
import { Tabs } from './tabs.tsx'

/** Shows what a screen does as the call of the API that does the same. */
export function ApiCallButton({ call }: { call: ApiCall }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button variant="ghost" onClick={() => setOpen(true)}>
        <CodeXml aria-hidden />
        <span className="max-sm:sr-only">View as code</span>
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="The same through the API"
        description="With a key of this project in HOLDFAST_API_KEY."
        width="lg"
      >
        <Snippets call={call} />
      </Dialog>
    </>
  )
}

export function Snippets({ call }: { call: ApiCall }) {
  const [language, setLanguage] = useState<Language>('curl')
  return (
    <Tabs
      label="Language"
      value={language}
      onChange={setLanguage}
      tabs={languages.map((name) => ({ name, label: name }))}
    >
      <CodeBlock text={snippet(call, language)} label={`${language} code`} />
    </Tabs>
  )
}
