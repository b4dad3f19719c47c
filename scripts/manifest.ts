/** What of package.json is published. */
interface Manifest {
  scripts?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  exports?: Record<string, unknown>
  [key: string]: unknown
}

/** The Node that `npm ci` brings to a checkout. A user of the package has one already. */
const BUNDLED_NODE = /^node-(linux|darwin|win)-/

/** A door of the checkout leads into `src`, so that `import … from 'pombo'` works without a build. */
const builtDoor = (target: unknown): unknown => {
  const built = /^\.\/src\/(.+)\.ts$/.exec(String(target))?.[1]
  return built === undefined ? target : { types: `./dist/${built}.d.ts`, default: `./dist/${built}.js` }
}

/**
 * The manifest as users get it: nothing that serves development only, no scripts, so that nothing runs on
 * their machine when they install it, and doors that lead into the build.
 */
export function publishedManifest(manifest: Manifest): Manifest {
  const {
    scripts: _scripts,
    devDependencies: _development,
    optionalDependencies,
    exports: doors,
    ...published
  } = manifest
  const optional = Object.entries(optionalDependencies ?? {}).filter(([name]) => !BUNDLED_NODE.test(name))
  return {
    ...published,
    ...(doors && {
      exports: Object.fromEntries(Object.entries(doors).map(([door, target]) => [door, builtDoor(target)])),
    }),
    ...(optional.length > 0 && { optionalDependencies: Object.fromEntries(optional) }),
  }
}
