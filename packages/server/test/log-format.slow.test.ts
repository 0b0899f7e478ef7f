/** The log of the whole program, at a terminal and elsewhere. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchServer } from 'colloquy-testkit/server-process';

const launcher = fileURLToPath(new URL('../bin/colloquy.js', import.meta.url));
const terminalProgram = '/usr/bin/script';

async function settings(t: TestContext): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-log-format-'));
  t.after(() => rm(directory, { recursive: true }));
  return { PORT: '0', LOG_LEVEL: 'debug', COLLOQUY_LOCAL_MODEL: 'off', DATA_DIR: directory };
}

interface Output {
  text: string;
  found(pattern: RegExp): Promise<RegExpExecArray>;
}

function collect(...streams: (NodeJS.ReadableStream | null)[]): Output {
  const output: Output = {
    text: '',
    async found(pattern) {
      for (;;) {
        const match = pattern.exec(this.text);
        if (match !== null) return match;
        await Promise.race(streams.map((stream) => stream && once(stream, 'data')));
      }
    },
  };
  for (const stream of streams) stream?.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
  return output;
}

test('it is readable at a terminal', {
  skip: existsSync(terminalProgram) ? false : `${terminalProgram} is missing`,
}, async (t) => {
  const environment = { ...(await settings(t)), PATH: process.env.PATH ?? '', TERM: 'xterm', NO_COLOR: '1' };
  const command = `${process.execPath} ${launcher} start`;
  const terminal = spawn(terminalProgram, ['-qec', command, '/dev/null'], {
    env: environment,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const output = collect(terminal.stdout);
  const [, url] = await output.found(/Colloquy listens on (http:\S+)/);
  await fetch(`${url}/healthz`);
  await output.found(/\d\d:\d\d:\d\d\.\d{3} debug answered .*route=\/healthz status=200/);
  // Ctrl-C, as a person types it.
  terminal.stdin.write('\u0003');
  await once(terminal, 'exit');
  assert.doesNotMatch(output.text, /\{"level"/);
});

test('it is readable elsewhere where the settings say so, and JSON where they say nothing', async (t) => {
  for (const [more, pattern] of [
    [{ LOG_FORMAT: 'pretty' }, /^\d\d:\d\d:\d\d\.\d{3} debug answered /m],
    [{}, /^\{"level":20,.*"msg":"answered"\}$/m],
  ] as const) {
    const server = launchServer({ ...(await settings(t)), ...more }, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = collect(server.stdout, server.stderr);
    const [, url] = await output.found(/Colloquy listens on (http:\S+)/);
    await fetch(`${url}/healthz`);
    await output.found(pattern);
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
});
