/** What of package.json is published. */
interface Manifest {
  scripts?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  [key: string]: unknown
}

/** The Node that `npm ci` brings to a checkout. A user of the package has one already. */
const BUNDLED_NODE = /^node-(linux|darwin|win)-/

/**
 * The manifest as users get it: nothing that serves development only, and no scripts, so that nothing runs
 * on their machine when they install it.
 */
export function publishedManifest(manifest: Manifest): Manifest {
  const { scripts: _scripts, devDependencies: _development, optionalDependencies, ...published } = manifest
  const optional = Object.entries(optionalDependencies ?? {}).filter(([name]) => !BUNDLED_NODE.test(name))
  return optional.length === 0
    ? published
    : { ...published, optionalDependencies: Object.fromEntries(optional) }
}
