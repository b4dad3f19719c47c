/** `node scripts/scenario-schema.ts`: writes the format of scenario files to docs/scenario.schema.json. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { scenarioJsonSchema } from '../src/simulator/scenario/read.ts'

const file = new URL('../docs/scenario.schema.json', import.meta.url).pathname
writeFileSync(file, JSON.stringify(scenarioJsonSchema(), null, 2))
execFileSync('npx', ['biome', 'format', '--write', file], { stdio: 'inherit' })
