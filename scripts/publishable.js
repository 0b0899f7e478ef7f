/**
 * Makes `packages/server` what npm publishes, before `npm pack` or `npm publish` reads it: the program as JavaScript in
 * `dist/` with the pages for browsers, the documentation that the guide answers from, and `npm-shrinkwrap.json`, by which an installation gets the
 * versions of `package-lock.json`, without the large GPU packages. `--undo` takes all but `dist/` away again.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import { findNode } from '../packages/server/bin/node-version.js';
import { shrinkwrap } from './shrinkwrap.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const place = 'packages/server';
const copied = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', '.env.example', 'docs'];
/** As in `packages/server/src/bundles/browser-bundles.ts`. */
const browserBundles = ['console', 'widget'];
const shrinkwrapFile = join(root, place, 'npm-shrinkwrap.json');

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function undo() {
  for (const name of copied) rmSync(join(root, place, name), { recursive: true, force: true });
  rmSync(shrinkwrapFile, { force: true });
}

function make() {
  const node = findNode(dirname(fileURLToPath(import.meta.url))) ?? process.execPath;
  const { status } = spawnSync(node, [join(root, place, 'bin/bundle.js'), '--only'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the bundle could not be made');
  for (const name of browserBundles) {
    const into = join(root, place, 'dist/browser', name);
    const made = spawnSync(node, [join(root, place, 'bin/browser-bundle.js'), name, '--into', into], {
      stdio: 'inherit',
    });
    if (made.status !== 0) throw new Error(`the pages for browsers of ${name} could not be made`);
  }
  for (const name of copied.filter((one) => existsSync(join(root, one)))) {
    cpSync(join(root, name), join(root, place, name), { recursive: true });
  }
  const wrapped = shrinkwrap(readJson(join(root, 'package-lock.json')), place);
  writeFileSync(shrinkwrapFile, `${JSON.stringify(wrapped, null, 2)}\n`);
}

undo();
if (!process.argv.includes('--undo')) make();
