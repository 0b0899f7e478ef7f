/**
 * The widget as files for browsers: `widget.js` and the same under a name with its hash, `widget.iife.js` for classic
 * script tags, and what is loaded when it is needed (languages, the layer for ConverZen's calls).
 * `packages/server/bin/browser-bundle.js` calls it; `build.js` makes the npm package of the same.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

const home = fileURLToPath(new URL('.', import.meta.url));

/** Browsers of the last two and a half years. */
const target = ['chrome120', 'edge120', 'firefox121', 'safari17.2'];

/** What stands for the stylesheet in `src/styles.ts`. */
const mark = '__COLLOQUY_STYLES__';

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: home,
  outdir: join(home, 'dist'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target,
  conditions: ['colloquy:source'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  write: false,
  logLevel: 'silent',
};

/** @param {string | Uint8Array} content */
const hashOf = (content) => createHash('sha256').update(content).digest('hex').slice(0, 12);

/**
 * What the widget imports only when it needs it becomes a file of its own, whole in itself: shared pieces would be
 * another request of every page.
 * @param {typeof import('esbuild')} esbuild
 * @param {Map<string, Uint8Array>} files
 * @returns {import('esbuild').Plugin}
 */
function lazyFiles(esbuild, files) {
  return {
    name: 'lazy-files',
    setup(build) {
      build.onResolve({ filter: /^\./ }, async ({ path, kind, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        const { outputFiles = [] } = await esbuild.build({
          ...shared,
          entryPoints: [join(resolveDir, path)],
          plugins: [lexerOfMarked],
        });
        const contents = outputFiles[0]?.contents ?? new Uint8Array();
        const stem =
          path
            .split('/')
            .at(-1)
            ?.replace(/\.tsx?$/, '') ?? '';
        const name = `widget-${stem}-${hashOf(contents)}.js`;
        files.set(name, contents);
        return { path: `./${name}`, external: true };
      });
    },
  };
}

/**
 * Of marked the lexer alone. Behind its classes it makes the function `marked`, which holds them all, when it is loaded: so
 * esbuild can't leave out its parser and renderers. A marked that is built otherwise is taken whole; the test of the size
 * tells.
 * @type {import('esbuild').Plugin}
 */
const lexerOfMarked = {
  name: 'lexer-of-marked',
  setup(build) {
    build.onLoad({ filter: /[\\/]marked\.esm\.js$/ }, async ({ path }) => {
      const whole = await readFile(path, 'utf8');
      const [, classes, lexer] =
        /^(.*\});var \w+=new \w+;function (?:(?!\bexport\{).)*\bexport\{.*\b(\w+) as Lexer\b/s.exec(whole) ??
        [];
      return { contents: classes === undefined ? whole : `${classes};export{${lexer} as Lexer};` };
    });
  },
};

/**
 * @param {typeof import('esbuild')} esbuild
 * @param {string} entry
 * @param {Map<string, Uint8Array>} files where the files go that it loads later
 */
export async function bundleEntry(esbuild, entry, files) {
  const { outputFiles = [] } = await esbuild.build({
    ...shared,
    entryPoints: [join(home, 'src', entry)],
    plugins: [lazyFiles(esbuild, files)],
    alias: { marked: join(home, 'src/lexer.ts') },
  });
  const script = outputFiles.find(({ path }) => path.endsWith('.js'))?.text ?? '';
  const styles = outputFiles.find(({ path }) => path.endsWith('.css'))?.text.trim() ?? '';
  const [before, after] = script.split(new RegExp(`["'\`]${mark}["'\`]`));
  if (before === undefined || after === undefined || styles === '')
    throw new Error('the widget has no stylesheet');
  return new TextEncoder().encode(before + JSON.stringify(styles) + after);
}

/** @param {typeof import('esbuild')} esbuild */
export async function makeFiles(esbuild) {
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  const widget = await bundleEntry(esbuild, 'main.ts', files);
  const { outputFiles = [] } = await esbuild.build({
    ...shared,
    format: 'iife',
    entryPoints: [join(home, 'src/classic.ts')],
  });
  files.set('widget.js', widget);
  files.set(`widget-${hashOf(widget)}.js`, widget);
  files.set('widget.iife.js', outputFiles[0]?.contents ?? new Uint8Array());
  return files;
}
