import type { ReactNode } from 'react'
import { serverUrl } from '../../lib/server.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { DialogActions } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/notice.tsx'

/** The text of a key that was just made. */
export function ShownOnce({ apiKey, onDone, children }: { apiKey: string; onDone: () => void; children?: ReactNode }) {
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warn">It is shown this once: only a fingerprint of it is kept. {children}</Notice>
      <CodeBlock label="API key" text={apiKey} />
      <CodeBlock label="Environment" text={`HOLDFAST_BASE_URL=${serverUrl}\nHOLDFAST_API_KEY=${apiKey}`} />
      <DialogActions>
        <Button variant="primary" onClick={onDone}>
          I have it
        </Button>
      </DialogActions>
    </div>
  )
}
