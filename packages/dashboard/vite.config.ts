import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  // Relative addresses: index.html names the path the server is reached at in its <base>.
  base: './',
  plugins: [react(), tailwindcss(), compressed()],
  resolve: { conditions: ['holdfast-source', 'module', 'browser', 'production'] },
  build: {
    target: ['chrome123', 'edge123', 'firefox128', 'safari17.5'],
    // Data URIs would need another door in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // `npm run dev -w @holdfast/dashboard` beside a running server.
    proxy: Object.fromEntries(
      ['/api', '/connect', '/oauth', '/simulator', '/docs', '/openapi.json'].map((path) => [
        path,
        process.env.HOLDFAST_BASE_URL ?? 'http://127.0.0.1:4280',
      ]),
    ),
  },
})

/** Writes `.br` and `.gz` beside what is worth it, so that the server compresses nothing while it serves. */
function compressed(): Plugin {
  return {
    name: 'holdfast-compressed',
    apply: 'build',
    writeBundle({ dir }) {
      for (const name of readdirSync(dir!, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(?:js|css|svg)$/.test(name)) continue
        const bytes = readFileSync(join(dir!, name))
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
        writeFileSync(join(dir!, `${name}.br`), brotliCompressSync(bytes, { params }))
        writeFileSync(join(dir!, `${name}.gz`), gzipSync(bytes, { level: 9 }))
      }
    },
  }
}
