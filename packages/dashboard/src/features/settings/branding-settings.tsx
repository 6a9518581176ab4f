import type { BrandColorSet, Branding } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { sameOrigin, serverFor } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { brandingQuery } from '../../queries/branding.ts'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { TextArea, TextField } from '../../ui/field.tsx'
import { ErrorPanel, FormError, Loading } from '../../ui/states.tsx'
import { toast } from '../../ui/toast.tsx'

/** How the pages look that users see while they connect. */
export function BrandingSettings({ projectName }: { projectName: string }) {
  const { id } = useProject()
  const { data: branding, error, refetch } = useQuery(brandingQuery(id))
  return (
    <Section title="Connect pages" description="What users see while they connect an account.">
      {error ? (
        <ErrorPanel error={error} retry={refetch} />
      ) : branding === undefined ? (
        <Loading label="how the pages look" rows={2} />
      ) : (
        <BrandingForm key={JSON.stringify(branding)} branding={branding} projectName={projectName} />
      )}
    </Section>
  )
}

function BrandingForm({ branding, projectName }: { branding: Branding; projectName: string }) {
  const { id } = useProject()
  const mayChange = useMayChange()
  const queries = useQueryClient()
  const [logo, setLogo] = useState<string | null>()
  const save = async (changes: Parameters<ReturnType<typeof serverFor>['projects']['updateBranding']>[0]) => {
    const saved = await serverFor(id).projects.updateBranding(changes)
    queries.setQueryData(brandingQuery(id).queryKey, saved)
    toast.done('Saved')
  }
  const form = useForm(({ name = '', color = '', privacyUrl = '', embedOrigins = '', showAccount }) =>
    save({
      name: name.trim() || null,
      color: color.trim() || null,
      privacyUrl: privacyUrl.trim() || null,
      embedOrigins: embedOrigins.split(/\s+/).filter(Boolean),
      showAccount: showAccount === 'on',
      ...(logo !== undefined && { logo }),
    }),
  )
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
      <Preview branding={branding} projectName={projectName} />
      <TextField
        label="Name on the pages"
        name="name"
        optional
        maxLength={100}
        disabled={!mayChange}
        defaultValue={branding.name ?? ''}
        placeholder={projectName}
        error={form.errorOf('name')}
      />
      <TextField
        label="Colour"
        name="color"
        optional
        disabled={!mayChange}
        defaultValue={branding.color ?? ''}
        placeholder="#3b4fd8"
        help="Of buttons and links. Where text could not be read in it, another shade is taken."
        error={form.errorOf('color')}
        className="font-mono"
      />
      <TextField
        label="Logo"
        name="logo"
        type="file"
        accept="image/png,image/jpeg,image/webp"
        disabled={!mayChange}
        help="A square PNG, JPEG or WebP of at most 64 kB."
        error={form.errorOf('logo')}
        onChange={({ target }) => {
          const [file] = target.files ?? []
          if (file) void dataUrlOf(file).then(setLogo)
          else setLogo(undefined)
        }}
        className="py-1"
      />
      <TextField
        label="Privacy policy"
        name="privacyUrl"
        type="url"
        optional
        disabled={!mayChange}
        defaultValue={branding.privacyUrl ?? ''}
        placeholder="https://yours.example/privacy"
        error={form.errorOf('privacyUrl')}
      />
      <TextArea
        label="Origins that may frame the pages"
        name="embedOrigins"
        rows={2}
        optional
        spellCheck={false}
        disabled={!mayChange}
        defaultValue={branding.embedOrigins.join('\n')}
        placeholder="https://app.yours.example"
        help="One to a line. With none, no other site can put the pages into a frame."
        error={form.errorOf('embedOrigins')}
        className="font-mono text-xs leading-5"
      />
      <label className="flex items-center gap-2 text-sm">
        <input type="checkbox" name="showAccount" disabled={!mayChange} defaultChecked={branding.showAccount} />
        Show for a moment which account was connected before the user returns
      </label>
      <FormError error={form.error} />
      {mayChange && (
        <div className="flex justify-end gap-2">
          {branding.logo && <Button onClick={() => void save({ logo: null })}>Remove the logo</Button>}
          <Button type="submit" variant="primary" busy={form.busy}>
            Save
          </Button>
        </div>
      )}
    </form>
  )
}

const ours: { light: BrandColorSet; dark: BrandColorSet } = {
  light: { button: '#3b4fd8', buttonEdge: '#3b4fd8', buttonHover: '#2f40b8', onButton: '#ffffff', accent: '#3b4fd8' },
  dark: { button: '#a3b1ff', buttonEdge: '#a3b1ff', buttonHover: '#bcc7ff', onButton: '#0f1533', accent: '#a3b1ff' },
}
const grounds = { light: { card: '#ffffff', ink: '#131a2a' }, dark: { card: '#161b27', ink: '#eef1f8' } }

/** As it was saved, in both themes. */
function Preview({ branding, projectName }: { branding: Branding; projectName: string }) {
  const colors = branding.colors ?? ours
  const name = branding.name ?? projectName
  return (
    <div className="grid gap-3 sm:grid-cols-2" role="img" aria-label="How the pages look in light and dark">
      {(['light', 'dark'] as const).map((theme) => (
        <div
          key={theme}
          className="flex flex-col items-center gap-3 rounded-xl border border-line p-4 text-sm"
          style={{ background: grounds[theme].card, color: grounds[theme].ink }}
        >
          {branding.logo ? (
            <img src={sameOrigin(branding.logo.url)} alt="" className="size-10 rounded-lg bg-white object-contain" />
          ) : (
            <span className="grid size-10 place-items-center rounded-lg bg-white font-semibold text-black">
              {name.charAt(0).toUpperCase()}
            </span>
          )}
          <span className="font-semibold">{name}</span>
          <span
            className="w-full rounded-lg border px-3 py-2 text-center font-semibold"
            style={{
              background: colors[theme].button,
              color: colors[theme].onButton,
              borderColor: colors[theme].buttonEdge,
            }}
          >
            Continue
          </span>
          <span className="underline" style={{ color: colors[theme].accent }}>
            Privacy policy
          </span>
        </div>
      ))}
    </div>
  )
}

const dataUrlOf = (file: File): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
