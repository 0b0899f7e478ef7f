/** The commands of the command line, and the answer to a wrong command. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
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
  for (const args of [['help'], ['--help'], ['-h']]) {
    const { status, stdout } = colloquy(...args);
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: colloquy \[options\] \[command\]/);
    assert.match(stdout, /^ {2}start .*run the server/m);
  }
  for (const args of [
    ['help', 'doctor'],
    ['doctor', '--help'],
  ]) {
    const { status, stdout } = colloquy(...args);
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: colloquy doctor \[options\] <url>/);
    assert.match(stdout, /--silence <seconds>/);
  }
});

test('every command takes --version', () => {
  assert.deepEqual(colloquy('doctor', '--version'), {
    status: 0,
    stdout: `${manifest.version}\n`,
    stderr: '',
  });
});

test('a wrong command line is told on standard error, with exit code 64', () => {
  for (const [args, expected] of [
    [['sing'], /unknown command 'sing'/],
    [['toString'], /unknown command 'toString'/],
    [['dcotor'], /unknown command 'dcotor'\n\(Did you mean doctor\?\)/],
    [['version', 'now'], /too many arguments for 'version'/],
    [['start', 'now'], /too many arguments for 'start'/],
    [['start', '--prot', '80'], /unknown option '--prot'/],
    [['doctor'], /missing required argument 'url'/],
    [['doctor', 'example'], /'example' is invalid for argument 'url'. It takes one address/],
    [['doctor', 'http://127.0.0.1:1', '--silence', '900'], /'900' is invalid. It takes 1 to 115 seconds/],
  ] as const) {
    const { status, stdout, stderr } = colloquy(...args);
    assert.deepEqual({ status, stdout }, { status: 64, stdout: '' }, args.join(' '));
    assert.match(stderr, expected);
    assert.match(stderr, /--help/);
  }
});

test('a reader that stops early is no failure', async () => {
  const child = spawn(process.execPath, [launcher, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});
