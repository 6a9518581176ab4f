// Runs the checks two at a time and says one line about each; what a check printed is shown only if it failed.
import { spawn } from 'node:child_process'

/**
 * @param root The folder to run in.
 * @param node The Node to run them with.
 * @param checks Arguments for Node, by the name to show.
 * @returns The exit code: 0 when all of them passed.
 */
export async function check(root, node, checks) {
  const waiting = Object.entries(checks)
  const failed = []
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, args] = next
      const { passed, output, seconds } = await attempt(root, node, args)
      process.stdout.write(`${passed ? '✓' : '✗'} ${name.padEnd(17)}${seconds.toFixed(1)} s\n`)
      if (!passed) failed.push({ name, output })
    }
  }
  await Promise.all([work(), work()])
  for (const { name, output } of failed) process.stdout.write(`\n── ${name} ──\n${output}`)
  return failed.length === 0 ? 0 : 1
}

function attempt(root, node, args) {
  const started = performance.now()
  const child = spawn(node, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ passed: code === 0, output, seconds: (performance.now() - started) / 1000 }))
  })
}
