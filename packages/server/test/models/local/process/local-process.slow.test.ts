import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createLocalRuntime } from '../../../../src/models/local/process/runtime.ts';
import { ModelError } from '../../../../src/models/model-error.ts';
import { writeTinyGguf } from '../gguf.ts';
import { askTiny, collect, recitedText, startTinyRuntime } from '../gguf-runtime.ts';

const never = new AbortController().signal;

test('a killed process fails the answers that run, and the next request starts another', async () => {
  await using tiny = await startTinyRuntime({ threads: 1, gguf: { endless: true, contextLength: 4096 } });
  await tiny.runtime.load();
  const { pid } = tiny.runtime.status();
  let killed = false;
  await assert.rejects(
    collect(tiny.model.stream(askTiny, { signal: never }), () => {
      if (!killed) process.kill(pid!, 'SIGKILL');
      killed = true;
    }),
    (error) => error instanceof ModelError && error.code === 'provider_error' && error.retryable,
  );
  const short = { ...askTiny, parameters: { temperature: 0, maxTokens: 3 } };
  assert.equal((await collect(tiny.model.stream(short, { signal: never }))).text, recitedText.slice(0, 3));
  assert.notEqual(tiny.runtime.status().pid, pid);
});

test('an answer that has shown nothing yet survives the death of the process', async () => {
  await using tiny = await startTinyRuntime({
    threads: 1,
    gguf: { contextLength: 8192 },
    contextTokens: 8192,
  });
  await tiny.runtime.load();
  const { pid } = tiny.runtime.status();
  const messages = [{ role: 'user' as const, text: 'x'.repeat(8000) }];
  const answer = collect(tiny.model.stream({ ...askTiny, messages }, { signal: never }));
  setImmediate(() => process.kill(pid!, 'SIGKILL'));
  assert.equal((await answer).text, recitedText);
  assert.notEqual(tiny.runtime.status().pid, pid);
});

const brokenFiles: Record<string, (whole: Buffer) => Buffer> = {
  'no model': () => Buffer.from('GGUF but nothing that a reader of it would understand'),
  'cut off': (whole) => whole.subarray(0, whole.length / 2),
  'cut off in its header': (whole) => whole.subarray(0, 200),
  empty: () => Buffer.alloc(0),
};
for (const [what, content] of Object.entries(brokenFiles))
  test(`a file that is ${what} is an error that says so, and no endless loop of starts`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'colloquy-gguf-'));
    const modelPath = join(folder, 'broken.gguf');
    const whole = await readFile(await writeTinyGguf(modelPath));
    await writeFile(modelPath, content(whole));
    await using runtime = createLocalRuntime({ modelPath });
    await assert.rejects(
      runtime.load(),
      (error) => error instanceof ModelError && /can't be loaded/.test(error.message),
    );
    assert.equal(runtime.status().state, 'failed');
    let rested = false;
    for (let attempt = 0; attempt < 8 && !rested; attempt++) {
      const error = await collect(runtime.model.stream(askTiny, { signal: never })).catch((reason) => reason);
      assert.ok(error instanceof ModelError);
      rested = /is not restarted yet/.test(error.message);
      if (rested) assert.ok(error.retryAfterMs! > 0);
    }
    assert.ok(rested);
    await rm(folder, { recursive: true });
  });

test('the clocks: no first token in time is provider_timeout', async () => {
  await using tiny = await startTinyRuntime({
    threads: 1,
    timeouts: { firstTokenMs: 1 },
    gguf: { contextLength: 8192 },
    contextTokens: 8192,
  });
  await tiny.runtime.load();
  const messages = [{ role: 'user' as const, text: 'x'.repeat(8000) }];
  await assert.rejects(
    collect(tiny.model.stream({ ...askTiny, messages }, { signal: never })),
    (error) => error instanceof ModelError && error.code === 'provider_timeout',
  );
});

test('it loads at the first request, and disposing during the load ends the process', async () => {
  const tiny = await startTinyRuntime({ threads: 1 });
  assert.equal(tiny.runtime.status().state, 'idle');
  const answer = collect(tiny.model.stream(askTiny, { signal: never }));
  const failed = assert.rejects(answer, ModelError);
  await new Promise(setImmediate);
  const { pid } = tiny.runtime.status();
  await tiny[Symbol.asyncDispose]();
  await failed;
  assert.throws(() => process.kill(pid!, 0), { code: 'ESRCH' });
  await assert.rejects(tiny.runtime.load(), /closed/);
});

test('the process ends with a parent that is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-gguf-'));
  const modelPath = await writeTinyGguf(join(folder, 'tiny.gguf'));
  const runtimeUrl = new URL('../../../../src/models/local/process/runtime.ts', import.meta.url).href;
  const script = `
    import { createLocalRuntime } from ${JSON.stringify(runtimeUrl)};
    const runtime = createLocalRuntime({ modelPath: ${JSON.stringify(modelPath)}, threads: 1 });
    await runtime.load();
    console.log(runtime.status().pid);`;
  // The worker inherits `stderr`'s write end of nobody but its parent, so its death is seen at this pipe's end.
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  const pid = Number(line);
  assert.doesNotThrow(() => process.kill(pid, 0));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await gone(pid);
  await rm(folder, { recursive: true });
});

/** There is no event for the end of a process that is not one's own child. */
async function gone(pid: number): Promise<void> {
  while (true) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
