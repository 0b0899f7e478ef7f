/** The commands of the command line, and the answer to a wrong command. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../bin/colloquy.js', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

function colloquy(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('version', () => {
  for (const name of ['version', '--version', '-v']) {
    assert.deepEqual(colloquy(name), { status: 0, stdout: `${manifest.version}\n`, stderr: '' });
  }
});

test('help', () => {
  for (const name of ['help', '--help', '-h']) {
    const { status, stdout } = colloquy(name);
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: colloquy \[command\]/);
  }
});

test('an unknown command, or an argument too many, is told with the usage and exit 64', () => {
  for (const [args, expected] of [
    [['sing'], /^Unknown command: sing$/m],
    [['toString'], /^Unknown command: toString$/m],
    [['version', 'now'], /^version takes no arguments: now$/m],
  ] as const) {
    const { status, stdout, stderr } = colloquy(...args);
    assert.deepEqual({ status, stdout }, { status: 64, stdout: '' });
    assert.match(stderr, expected);
    assert.match(stderr, /^Usage: /m);
  }
});
