#!/usr/bin/env node
import { nodeVersionFault } from '../platform/node-version.ts'

// Everything else is imported after the check: an older Node.js could not even read it.
const fault = nodeVersionFault(process.versions.node)
if (fault === undefined) {
  const { processIo } = await import('./io.ts')
  const { run } = await import('./run.ts')
  process.exit(await run(process.argv.slice(2), processIo()))
} else {
  console.error(fault)
  process.exitCode = 1
}
