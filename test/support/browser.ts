/** A real browser for tests, out of the npm package: nothing else needs to be on the machine. */
import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/** Flags of the package that would make this another browser than the ones people use, or an unstable one. */
const leftOut = [
  '--disable-web-security',
  '--allow-running-insecure-content',
  '--disable-site-isolation-trials',
  '--single-process',
]

export async function launchBrowser(): Promise<Browser> {
  const home = await unpackedChromium()
  return playwright.launch({
    executablePath: join(home, 'chromium'),
    args: chromium.args.filter((flag) => !leftOut.includes(flag)),
    headless: true,
    env: { ...process.env, FONTCONFIG_PATH: join(home, 'fonts') },
  })
}

/** Unpacks once for all test processes: whoever is second finds the folder, which appears complete or not at all. */
async function unpackedChromium(): Promise<string> {
  const home = join(tmpdir(), `holdfast-test-chromium-${process.getuid?.() ?? 'user'}`)
  if (existsSync(join(home, 'chromium'))) return home
  const staging = await mkdtemp(`${home}-`)
  const usual = process.env.TMPDIR
  process.env.TMPDIR = staging
  try {
    await chromium.executablePath()
  } finally {
    if (usual === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = usual
  }
  try {
    await rename(staging, home)
  } catch {
    await rm(staging, { recursive: true, force: true })
  }
  return home
}
