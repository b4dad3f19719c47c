/*
 * Runs before anything else, also on a Node.js far too old for the rest of the program: no imports, and
 * only syntax that Node 12 can read once types are taken out.
 */

/** The oldest Node.js that runs Pombo, `major.minor`. */
export const OLDEST_NODE = '24.15'

/**
 * What is wrong with this Node.js and what to install; undefined when it will do.
 * @param version as in `process.versions.node`, e.g. `20.11.1`
 */
export function nodeVersionFault(version: string): string | undefined {
  const [major, minor] = numbers(version)
  const [oldestMajor, oldestMinor] = numbers(OLDEST_NODE)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
  return (
    `E_NODE_VERSION: Pombo needs Node.js ${OLDEST_NODE} or newer; this is ${version}.\n` +
    `Install Node.js ${oldestMajor} LTS: https://nodejs.org/en/download, or \`nvm install ${oldestMajor}\`, ` +
    `or \`fnm install ${oldestMajor}\`, or the Docker image \`node:${oldestMajor}\`.`
  )
}

function numbers(version: string): [number, number] {
  const parts = version.split('.').map(Number)
  return [parts[0] || 0, parts[1] || 0]
}
