/** What a published package says of the versions below it: `npm-shrinkwrap.json`, made from the workspace's lock file. */

/**
 * @typedef {Record<string, unknown> & {
 *   name?: string, version?: string, dependencies?: Record<string, string>,
 *   optionalDependencies?: Record<string, string>, peerDependencies?: Record<string, string>,
 *   peerDependenciesMeta?: Record<string, { optional?: boolean }>,
 * }} Entry an entry of `packages` in a lock file
 */

/**
 * Takes the packages that `workspace` needs when it runs, as if it lay at the root. What the workspace's own
 * `node_modules` holds comes to the top; what lay there under the same name goes below those that need it.
 *
 * @param {{ lockfileVersion: number, packages: Record<string, Entry> }} lock
 * @param {string} workspace such as `packages/server`
 */
export function shrinkwrap(lock, workspace) {
  const own = lock.packages[workspace];
  if (own === undefined) throw new Error(`the lock file has no ${workspace}`);
  const { devDependencies: _, ...root } = own;
  /** From a package's place in the result to its place in the lock file. */
  const placed = new Map([['', workspace]]);
  for (const [place, source] of placed) {
    for (const name of neededBy(lock.packages[source] ?? {})) {
      const found = lookUp(source, name, (path) => (path in lock.packages ? path : undefined));
      if (found === undefined) continue;
      if (lookUp(place, name, (path) => placed.get(path)) === found) continue;
      const usual = found.startsWith(`${workspace}/`) ? found.slice(workspace.length + 1) : found;
      placed.set(placed.has(usual) ? below(place, name) : usual, found);
    }
  }
  const packages = [...placed]
    .slice(1)
    .map(([place, source]) => [place, withoutMarks(lock.packages[source] ?? {})])
    .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1));
  return {
    name: own.name,
    version: own.version,
    lockfileVersion: lock.lockfileVersion,
    requires: true,
    packages: { '': root, ...Object.fromEntries(packages) },
  };
}

/** @param {Entry} entry */
function neededBy({ dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta = {} }) {
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta[name]?.optional);
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
}

/**
 * Node's own way to a package: `node_modules` beside, then in each folder above.
 * @param {string} place
 * @param {string} name
 * @param {(path: string) => string | undefined} find
 * @returns {string | undefined}
 */
function lookUp(place, name, find) {
  const found = find(below(place, name));
  if (found !== undefined || place === '') return found;
  return lookUp(place.slice(0, Math.max(0, place.lastIndexOf('/'))), name, find);
}

/** @param {string} place @param {string} name */
function below(place, name) {
  return `${place === '' ? '' : `${place}/`}node_modules/${name}`;
}

/** Without what holds in the workspace only: who needs it there. @param {Entry} entry */
function withoutMarks({ dev: _dev, devOptional: _devOptional, extraneous: _extraneous, ...entry }) {
  return entry;
}
