/**
 * Runs the tests of all packages with Node's own runner, whose summary is the last thing printed.
 *
 *   npm test                           all of them
 *   npm run test:quick                 the quick ones, which together take less than a minute: see `isQuick`
 *   npm test -- config journal         the files whose path contains one of these
 *   npm test -- --test-name-pattern=x  options go to the runner
 *
 * With COLLOQUY_REQUIRE_SERVICES=1 a missing PostgreSQL, Redis or Chromium fails a test instead of skipping it.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import { continueWithNode } from '../packages/server/bin/node-version.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Test files at once. Those of the quick tier wait more than they compute. */
const concurrency = { all: 2, quick: 4 };
/** Time limit of a test, and of a whole file, so that a hanging one ends before CI's own limit. */
const timeoutMs = 180000;
/** Node keeps compiled modules here, so that a test process and its worker threads start in half the time. */
const compileCache = join(root, 'node_modules', '.cache', 'compile');

/**
 * The quick tier leaves out the folders of long tests of the whole program, and the files `*.slow.test.ts`, which run a
 * real model, proxy or network, or take more than a few seconds. It runs on SQLite only (`TEST_STORES=sqlite`).
 *
 * @param {string} path
 */
function isQuick(path) {
  return !/\/test\/(faults|browser)\/|\.slow\.test\.ts$/.test(path.replace(/\\/g, '/'));
}

/**
 * @param {string} directory
 * @returns {string[]}
 */
function listTestFiles(directory) {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .map((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return listTestFiles(path);
      return entry.name.endsWith('.test.ts') ? [path] : [];
    })
    .reduce((all, some) => all.concat(some), []);
}

/** @param {readonly string[]} args */
function runTests(args) {
  const options = args.filter((arg) => arg.startsWith('-') && arg !== '--quick');
  const isQuickTier = args.includes('--quick');
  const wanted = isQuickTier ? isQuick : () => true;
  const filters = args.filter((arg) => !arg.startsWith('-'));
  const files = listTestFiles(join(root, 'packages'))
    .map((path) => relative(root, path))
    .filter((path) => /^packages\/[^/]+\/test\//.test(path.replace(/\\/g, '/')))
    .filter(wanted)
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort();
  if (files.length === 0) {
    console.error(`No test file matches: ${filters.join(' ')}`);
    process.exitCode = 1;
    return;
  }
  const runner = spawn(
    process.execPath,
    [
      '--test',
      // Packages of this repository are taken as they stand, not as they were built.
      '--conditions=colloquy:source',
      '--test-reporter=spec',
      `--test-concurrency=${isQuickTier ? concurrency.quick : concurrency.all}`,
      `--test-timeout=${timeoutMs}`,
      ...options,
      ...files,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        NODE_COMPILE_CACHE: compileCache,
        ...(isQuickTier && { TEST_STORES: 'sqlite' }),
        ...process.env,
      },
    },
  );
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => runner.kill(signal));
  runner.on('exit', (code) => process.exit(code === null ? 1 : code));
}

continueWithNode(new URL(import.meta.url), process.argv.slice(2), async () =>
  runTests(process.argv.slice(2)),
);
