#!/usr/bin/env -S node --max-semi-space-size=8
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { nodeVersionFault } from '../platform/node-version.ts'

// Everything else is imported after the check: an older Node.js could not even read it.
const fault = nodeVersionFault(process.versions.node)
if (fault === undefined) {
  // Halves the time to start. Beside the dependencies, not in the shared temporary folder, where others
  // could lay code for us to run; where that is not writable, Node.js goes on without.
  module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/pombo', import.meta.url)))
  const { processIo } = await import('./io.ts')
  const { run } = await import('./run.ts')
  process.exit(await run(process.argv.slice(2), processIo()))
} else {
  console.error(fault)
  process.exitCode = 1
}
