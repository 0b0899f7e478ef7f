/**
 * Makes `dist/`: the program in a few files, with the packages that every start loads. Loading 500 sources and 1,000
 * modules of packages one by one is most of a start's time and memory. `node bin/bundle.js` makes it anew; with `--only`
 * nothing of an earlier one stays in `dist/`.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import { build } from 'esbuild';
import { compiledDirectory } from './compiled.js';

/** Every start loads these. All others stay in `node_modules` and are loaded from there when they are needed. */
const bundled = new Set([
  '@fastify/swagger',
  'ajv',
  'cockatiel',
  'eventsource-parser',
  'fastest-levenshtein',
  'fastify',
  'find-my-way',
  'ipaddr.js',
  'jose',
  'kysely',
  'minisearch',
  'pg',
  'pino',
  'prom-client',
  'typebox',
  'undici',
  'uuid',
]);

const home = fileURLToPath(new URL('..', import.meta.url));
const sources = join(home, 'src');
const target = join(home, 'dist');
/** What no start needs any more is deleted after this time; a server that still runs may load some of it later. */
const keptMs = process.argv.includes('--only') ? -1 : 7 * 24 * 3_600_000;

/** Packages of CommonJS among the bundled ones ask for Node's own modules with `require`. */
const banner = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

/** @returns {import('esbuild').Plugin} */
function ownSources() {
  return {
    name: 'own sources',
    setup(setUp) {
      setUp.onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
        if (!importer.startsWith(sources + sep)) return undefined;
        const [scope = '', name = ''] = path.split('/');
        const isBundled = bundled.has(scope.startsWith('@') ? `${scope}/${name}` : scope);
        return isBundled ? undefined : { path, external: true };
      });
      setUp.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!path.startsWith(sources + sep)) return undefined;
        return { contents: withPlaces(path, readFileSync(path, 'utf8')), loader: 'ts' };
      });
    },
  };
}

/**
 * A source that finds the files beside it from `dist/` too, where each worker is a file of its own.
 * @param {string} path
 * @param {string} source
 */
function withPlaces(path, source) {
  if (/import\.meta\.(?:dirname|filename)/.test(source)) {
    throw new Error(`${path}: the bundle knows import.meta.url only`);
  }
  const own = relative(target, path).split(sep).join('/');
  return source
    .replace(
      /new URL\(\s*'[^']*?([\w-]+\.worker)\.ts',\s*import\.meta\.url\s*\)/g,
      "new URL('./$1.js', import.meta.here)",
    )
    .replaceAll('import.meta.url', `new URL('${own}', import.meta.url).href`)
    .replaceAll('import.meta.here', 'import.meta.url');
}

/** V8 keeps a file in two bytes a character if a single one needs it. Escapes mean the same wherever they stand. */
function inAscii(/** @type {string} */ text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is that of ASCII.
  return text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The file that npm writes with every change of the packages. @param {string} directory */
function findPackagesMark(directory) {
  const mark = join(directory, 'node_modules', '.package-lock.json');
  if (existsSync(mark) || dirname(directory) === directory) return mark;
  return findPackagesMark(dirname(directory));
}

/** Size and time of change, as `program.js` compares them. @param {string} path */
function stateOf(path) {
  const { size, mtimeMs } = statSync(path);
  return [relative(home, path), size, mtimeMs];
}

/** Other processes see either the old file or the new one. @param {string} path @param {string} text */
function replaceFile(path, text) {
  const written = `${path}.${process.pid}`;
  writeFileSync(written, text);
  renameSync(written, path);
}

async function makeBundle() {
  const files = await readdir(sources, { recursive: true });
  const workers = files.filter((path) => path.endsWith('.worker.ts'));
  const watched = [...files.filter((path) => path.endsWith('.ts')).map((path) => join(sources, path))];
  watched.push(fileURLToPath(import.meta.url), findPackagesMark(home));
  // Read before the sources are: a change under way makes the bundle outdated.
  const inputs = watched.filter(existsSync).map(stateOf);
  const { outputFiles } = await build({
    absWorkingDir: home,
    entryPoints: [join(sources, 'cli/cli.ts'), ...workers.map((path) => join(sources, path))],
    outdir: target,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    external: ['pg-native'],
    banner: { js: banner },
    plugins: [ownSources()],
    logLevel: 'silent',
  });
  mkdirSync(target, { recursive: true });
  for (const { path, text } of outputFiles) replaceFile(path, inAscii(text));
  replaceFile(join(target, 'package.json'), '{ "type": "module" }\n');
  replaceFile(join(target, 'inputs.json'), JSON.stringify(inputs));
  await removeOld(new Set(outputFiles.map(({ path }) => basename(path))));
  removeCompiled();
}

/** @param {ReadonlySet<string>} made */
async function removeOld(made) {
  for (const name of await readdir(target)) {
    const path = join(target, name);
    if (!/\.js(\.map)?(\.\d+)?$/.test(name) || made.has(name)) continue;
    if (Date.now() - statSync(path).mtimeMs > keptMs) unlinkSync(path);
  }
}

/** What was compiled of earlier bundles. */
function removeCompiled() {
  try {
    rmSync(compiledDirectory, { recursive: true, force: true });
  } catch {
    // It is another user's, or a server is writing there: a later bundle removes it.
  }
}

await makeBundle();
