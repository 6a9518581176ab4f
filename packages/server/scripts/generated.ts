import { readFileSync, writeFileSync } from 'node:fs'

const docs = new URL('../../../docs/', import.meta.url)

/** Writes a file of docs/; with --check on the command line it only says whether the file is up to date. */
export function generate(name: string, text: string): void {
  const file = new URL(name, docs)
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
  } else if (current(file) !== text) {
    console.error(`docs/${name} is stale: run \`npm run generate\``)
    process.exitCode = 1
  }
}

function current(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
