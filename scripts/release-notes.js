/**
 * Prints the changelog's section of a version: `node scripts/release-notes.js 1.2.3`. Fails if the package has another
 * version or the changelog has no such section.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { URL } from 'node:url';

const wanted = process.argv[2] ?? '';
/** @param {string} path */
const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const { version } = JSON.parse(read('packages/server/package.json'));
const section = read('CHANGELOG.md')
  .split(/^(?=## \[)/m)
  .find((one) => one.startsWith(`## [${wanted}]`));
const text = section?.split('\n').slice(1).join('\n').trim() ?? '';

const problem =
  (version !== wanted && `packages/server/package.json has version ${version}, not "${wanted}"`) ||
  (text === '' && `CHANGELOG.md has no section for "${wanted}"`);
if (problem) {
  console.error(problem);
  process.exitCode = 1;
} else console.log(text);
