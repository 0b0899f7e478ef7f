/**
 * The bundles for browsers, by name. A published package and the image have them in `dist/browser`; a checkout makes
 * them from its sources after a start, and keeps them in `DATA_DIR/cache/<name>`. To add one: its entry here, a
 * `bundle.js` in its package, and the routes that send it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../domain/logger.ts';
import { findNewest, noteNewest, stateOfSources } from './cache.ts';
import { type BundleFiles, filesInMemory, filesOfDirectory } from './files.ts';
import { makeOnce } from './make.ts';

export type BundleName = 'console' | 'widget';

/** Directories and files of the repository from which each is made; another state of them is another bundle. */
const sources: Readonly<Record<BundleName, readonly string[]>> = {
  console: [
    'package-lock.json',
    'packages/server/bin/browser-bundle.js',
    'packages/console/bundle.js',
    'packages/console/src',
    'packages/ui/src',
    'packages/client/src',
    // Its forms are made from the schemas of the administration, which draw on the rest.
    'packages/server/src',
  ],
  widget: [
    'package-lock.json',
    'packages/server/bin/browser-bundle.js',
    'packages/widget/bundle.js',
    'packages/widget/src',
    'packages/ui/src',
    'packages/client/src',
  ],
};

export type BundleState =
  | { readonly state: 'making' }
  | { readonly state: 'ready'; readonly files: BundleFiles }
  /** In words for whoever looks after the server. */
  | { readonly state: 'failed'; readonly problem: string };

export interface BrowserBundle {
  /** Makes it, unless that is done or under way; never rejects. After a failure it tries again. */
  prepare(): Promise<BundleState>;
  state(): BundleState;
}

export type BrowserBundles = Readonly<Record<BundleName, BrowserBundle>>;

/** Disposed of, it is not made any more, and nothing is written. */
type OwnBundle = BrowserBundle & AsyncDisposable;

export interface BrowserBundlesOptions {
  readonly dataDir: string;
  readonly log: Logger;
}

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const published = fileURLToPath(new URL('../../dist/browser/', import.meta.url));

export function createBrowserBundles(
  options: BrowserBundlesOptions,
): Readonly<Record<BundleName, OwnBundle>> {
  return { console: createBundle('console', options), widget: createBundle('widget', options) };
}

function createBundle(name: BundleName, { dataDir, log }: BrowserBundlesOptions): OwnBundle {
  let state: BundleState = { state: 'making' };
  let underWay: Promise<BundleState> | undefined;
  const ending = new AbortController();
  const load = async (): Promise<BundleState> => {
    try {
      const directory = join(dataDir, 'cache', name);
      state = { state: 'ready', files: await loadFiles(name, directory, log, ending.signal) };
    } catch (error) {
      underWay = undefined;
      const problem = error instanceof Error ? error.message : String(error);
      state = { state: 'failed', problem };
      if (ending.signal.aborted) return state;
      log.warn({ bundle: name, problem }, 'pages for browsers could not be made; the API does without them');
    }
    return state;
  };
  return {
    prepare() {
      underWay ??= load();
      return underWay;
    },
    state: () => state,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await underWay;
    },
  };
}

async function loadFiles(
  name: BundleName,
  directory: string,
  log: Logger,
  signal: AbortSignal,
): Promise<BundleFiles> {
  if (!existsSync(join(repository, 'packages', name, 'bundle.js'))) {
    return filesOfDirectory(join(published, name));
  }
  const places = sources[name].map((place) => join(repository, place));
  const state = await stateOfSources(places);
  const known = await findNewest(directory, state);
  if (known !== undefined) return filesOfDirectory(join(directory, known));
  const made = await makeOnce(name, directory, places, signal);
  if (made.ms !== undefined) log.info({ bundle: name, ms: made.ms }, 'pages for browsers were made');
  if ('key' in made) {
    await noteNewest(directory, { state, key: made.key }).catch(() => undefined);
    return filesOfDirectory(join(directory, made.key));
  }
  const { problem } = made;
  log.info({ problem, bundle: name }, 'pages for browsers are kept in memory: the cache took none');
  return filesInMemory(made.files);
}
