/**
 * The console as files for browsers: `index.html`, and below `assets/` scripts and one stylesheet, whose names hold a
 * hash of what is in them. `packages/server/bin/browser-bundle.js` calls it; `dev.js` watches with the same options.
 */
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';
import { formOf } from './form-fields.js';

const home = fileURLToPath(new URL('.', import.meta.url));
const packages = fileURLToPath(new URL('..', import.meta.url));

/** Browsers of the last two and a half years. */
const target = ['chrome123', 'edge123', 'firefox125', 'safari17.5'];

/** @param {{ isMinified: boolean }} choice @returns {import('esbuild').BuildOptions} */
export function buildOptions({ isMinified }) {
  return {
    absWorkingDir: home,
    entryPoints: { main: join(home, 'src/main.tsx') },
    outdir: join(home, 'dist/assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target,
    conditions: ['colloquy:source'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: isMinified,
    sourcemap: isMinified ? false : 'inline',
    legalComments: 'none',
    write: false,
    metafile: true,
    logLevel: 'silent',
    plugins: [stylesPlugin(), formsPlugin()],
  };
}

/**
 * `colloquy:styles` is every stylesheet of the console and of the components: views that are loaded later need none of
 * their own.
 * @returns {import('esbuild').Plugin}
 */
function stylesPlugin() {
  return {
    name: 'styles',
    setup(build) {
      build.onResolve({ filter: /^colloquy:styles$/ }, () => ({ path: 'styles', namespace: 'styles' }));
      build.onLoad({ filter: /.*/, namespace: 'styles' }, () => {
        const places = [join(packages, 'ui/src'), join(home, 'src')];
        const files = places.flatMap(stylesheetsBelow).sort((a, b) => Number(isBase(b)) - Number(isBase(a)));
        return {
          contents: files.map((path) => `import ${JSON.stringify(path)};`).join('\n'),
          resolveDir: home,
          watchDirs: places,
        };
      });
    },
  };
}

/**
 * `colloquy:form/<title>` is what a form needs to know of the body with that title: the server's own schema, cut down to
 * titles, kinds and bounds.
 * @returns {import('esbuild').Plugin}
 */
function formsPlugin() {
  /** @type {Promise<Map<string, object>> | undefined} */
  let bodies;
  return {
    name: 'forms',
    setup(build) {
      build.onResolve({ filter: /^colloquy:form\// }, ({ path }) => ({
        path: path.slice('colloquy:form/'.length),
        namespace: 'form',
      }));
      build.onLoad({ filter: /.*/, namespace: 'form' }, async ({ path }) => {
        bodies ??= readBodies();
        const schema = (await bodies).get(path);
        if (schema === undefined) throw new Error(`the administration has no body with the title ${path}`);
        return { contents: JSON.stringify(formOf(schema)), loader: 'json' };
      });
    },
  };
}

/** The schemas of the administration's bodies by title. */
async function readBodies() {
  const place = join(packages, 'server/src/http/admin');
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' });
  /** @type {Map<string, object>} */
  const bodies = new Map();
  for (const name of names.filter((one) => /(^|[\\/])(schema|file)\.ts$/.test(one))) {
    const exported = await import(pathToFileURL(join(place, name)).href);
    for (const value of Object.values(exported)) {
      if (value?.type === 'object' && value.additionalProperties === false && value.title) {
        bodies.set(value.title, value);
      }
    }
  }
  return bodies;
}

/** @param {string} place */
function stylesheetsBelow(place) {
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.css'))
    .sort()
    .map((name) => join(place, name));
}

/** What every element begins with stands before all rules that say otherwise. @param {string} path */
function isBase(path) {
  return path === join(home, 'src/base.css');
}

/** @param {import('esbuild').BuildResult} result @returns {Map<string, Uint8Array>} */
export function filesOf({ outputFiles = [], metafile }) {
  const outputs = Object.entries(metafile?.outputs ?? {});
  const [entry, { cssBundle } = { cssBundle: undefined }] =
    outputs.find(([, { entryPoint }]) => entryPoint?.endsWith('src/main.tsx')) ?? [];
  if (entry === undefined || cssBundle === undefined) throw new Error('the console has no entry');
  /** @param {string} path */
  const nameOf = (path) => path.split(/[/\\]/).at(-1) ?? '';
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  for (const { path, contents } of outputFiles) {
    const name = relative(join(home, 'dist'), path).split(sep).join('/');
    // The other stylesheets repeat parts of the one.
    if (!name.endsWith('.css') || nameOf(name) === nameOf(cssBundle)) files.set(name, contents);
  }
  const preloaded = staticImports(metafile, entry);
  files.set(
    'index.html',
    new TextEncoder().encode(page(nameOf(entry), nameOf(cssBundle), preloaded.map(nameOf))),
  );
  return files;
}

/**
 * What the entry imports at once, and what that imports.
 * @param {import('esbuild').Metafile | undefined} metafile
 * @param {string} entry
 */
function staticImports(metafile, entry) {
  /** @type {Set<string>} */
  const found = new Set();
  /** @param {string} path */
  const visit = (path) => {
    for (const { path: next, kind } of metafile?.outputs[path]?.imports ?? []) {
      if (kind !== 'import-statement' || found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(entry);
  return [...found];
}

/** The server puts the path below which it is seen in place of `{base-path}`. */
const assets = '{base-path}/console/assets';

/** @param {string} script @param {string} stylesheet @param {readonly string[]} preloaded */
function page(script, stylesheet, preloaded) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>Colloquy</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%231f6f5c'/%3E%3Cpath d='M8 10h16v9H15l-5 5v-5H8z' fill='%23fff'/%3E%3C/svg%3E">
<link rel="stylesheet" href="${assets}/${stylesheet}">
${preloaded.map((name) => `<link rel="modulepreload" href="${assets}/${name}">\n`).join('')}<script type="module" src="${assets}/${script}"></script>
</head>
<body>
<noscript>The console needs JavaScript. <a href="{base-path}/docs">The API's documentation</a> is there too.</noscript>
<div id="console"></div>
</body>
</html>
`;
}

/** @param {typeof import('esbuild')} esbuild */
export async function makeFiles(esbuild) {
  return filesOf(await esbuild.build(buildOptions({ isMinified: true })));
}
