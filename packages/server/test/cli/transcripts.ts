/**
 * Repeats the transcripts of the documentation: blocks ```console, in which a line that begins with `$ ` is a command and
 * the lines behind it are its output; `…` stands for anything within a line, and alone on a line for any lines. The last
 * command of a block whose heading is followed by a second block keeps running (a server) while the second one runs.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const longestWaitMs = 120_000;
const repository = fileURLToPath(new URL('../../../../', import.meta.url));

interface Step {
  readonly command: string;
  readonly output: string;
}

export interface Place {
  readonly directory: string;
  /** Stands in for 8080, in commands and in what they print. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** What a test does in place of a command that it can't run, or has run before; `undefined` leaves the step out. */
  instead(command: string): string | undefined;
}

/** The blocks of a page's section. */
function transcriptOf(page: string, heading: string, port: number): Step[][] {
  const text = readFileSync(`${repository}${page}`, 'utf8').replaceAll('8080', String(port));
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  const blocks = [...own.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks.map((block) =>
    block
      .split(/^\$ /m)
      .filter((part) => part !== '')
      .map((part) => {
        const [command = '', ...output] = part.split('\n');
        return { command, output: output.join('\n').trim() };
      }),
  );
}

function patternOf(output: string): RegExp {
  const lines = output.split('\n').map((line) => {
    if (line === '…') return '(?:[^\\n]*\\n)*?';
    const text = line.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return `[ \\t]*${text.join('[^\\n]*')}[ \\t]*\\n`;
  });
  return new RegExp(`^\\s*${lines.join('')}\\s*$`);
}

/** Runs a section's first block and, beside its last command, the second one; then stops that command. */
export async function repeatTranscript(page: string, heading: string, place: Place): Promise<void> {
  const [first = [], second = []] = transcriptOf(page, heading, place.port);
  assert.ok(first.length > 0 && second.length > 0, `${page} has no transcript under ${heading}`);
  const last = first.at(-1) as Step;
  for (const step of first.slice(0, -1)) await finish(step, place);
  // The signal is for what the shell has started.
  const server = start((place.instead(last.command) ?? last.command).replace(/^(.*&& )?/, '$1exec '), place);
  try {
    await server.shows(last.output);
    for (const step of second) await finish(step, place);
  } finally {
    server.child.kill('SIGTERM');
  }
  await server.exit;
  assert.match(server.output(), /^stopped\s*$/m);
}

async function finish({ command, output }: Step, place: Place): Promise<void> {
  const instead = place.instead(command);
  if (instead === undefined) return;
  const run = start(instead, place);
  assert.equal(await run.exit, 0, `${instead}\n${run.output()}`);
  if (instead !== command && output.startsWith('…')) return;
  assert.match(`${run.output().trimEnd()}\n`, patternOf(output), command);
}

function start(command: string, { directory, port, env }: Place) {
  const child = spawn('bash', ['-c', `exec 2>&1; ${command}`], {
    cwd: directory,
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  const ended = new AbortController();
  const exit = once(child, 'close').then(([code]) => {
    ended.abort();
    return code as number;
  });
  /** Resolves once what was printed so far is the expected output. */
  const shows = async (expected: string): Promise<void> => {
    const pattern = patternOf(expected);
    const isShown = (): boolean => pattern.test(`${output.trimEnd()}\n`);
    const over = AbortSignal.any([AbortSignal.timeout(longestWaitMs), ended.signal]);
    while (!isShown() && !over.aborted)
      await once(child.stdout, 'data', { signal: over }).catch(() => undefined);
    assert.match(`${output.trimEnd()}\n`, pattern, command);
  };
  return { child, exit, shows, output: () => output };
}
