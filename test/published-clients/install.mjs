// Installs the published clients beside this file, if they are not there yet.
import { fileURLToPath } from 'node:url'
import { installPackages } from '../../scripts/setup.mjs'

await installPackages(fileURLToPath(new URL('.', import.meta.url)))
