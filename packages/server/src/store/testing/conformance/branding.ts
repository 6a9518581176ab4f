import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Store } from '../../index.ts'
import { aProject } from '../rows.ts'

export function describeBranding(store: () => Store): void {
  describe('branding', () => {
    test('is saved, saved over, and goes with its project', async () => {
      const [project, other] = [aProject(), aProject()]
      await store().projects.insert(project)
      await store().projects.insert(other)
      const row = {
        project_id: project.id,
        name: 'Acme',
        color: '#1a2b3c',
        logo: 'iVBORw==',
        logo_type: 'image/png',
        privacy_url: 'https://acme.example/privacy',
        embed_origins: '[]',
        help_urls: '{}',
        show_account: 0,
        updated_at: 1,
      } as const
      const read = async (id: string) => {
        const found = await store().branding.find(id)
        return found && { ...found }
      }
      await store().branding.save(row)
      assert.deepEqual(await read(project.id), row)
      await store().branding.save({ ...row, name: null, logo: null, logo_type: null, show_account: 1, updated_at: 2 })
      assert.deepEqual(await read(project.id), {
        ...row,
        name: null,
        logo: null,
        logo_type: null,
        show_account: 1,
        updated_at: 2,
      })
      assert.equal(await read(other.id), undefined)
      await store().projects.delete(project.id)
      assert.equal(await read(project.id), undefined)
    })
  })
}
