/**
 * Faults of a model's provider, as a client of the whole server sees them, in both wire formats: the client gets the
 * documented event or status, the text before the fault is kept, and nothing leaks.
 */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generationOf, openStream, tokensOf } from 'colloquy-testkit/event-stream';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import {
  answer,
  refuse,
  type Script,
  startScriptedUpstream,
  type Wire,
} from 'colloquy-testkit/upstream/scripted-upstream';
import { settlesWithin } from './kit/deadline.ts';
import { openDisk, readStored } from './kit/stored-log.ts';

/** A connection that is open so long after the last answer, in milliseconds, is a leak. */
const leakMs = 60_000;

interface Fault {
  /** The provider's scripts for its first, second, … call; the last one is repeated. */
  readonly scripts: readonly Script[];
  readonly text: string;
  /** Code of the error; absent if the answer is complete. */
  readonly code?: 'provider_error' | 'provider_timeout';
  readonly provenance?: string;
}

const [one, two] = ['One', ' two'];
const some = { do: 'tokens', tokens: [one, two] } as const;
const text = `${one}${two}`;
const emoji = 'Grüße 👋🏽, 世界: \u2028 done';

const faults: Readonly<Record<string, Fault>> = {
  'stall before the headers': { scripts: [{ steps: [{ do: 'stall' }] }], text: '', code: 'provider_timeout' },
  'stall before the first token': {
    scripts: [{ steps: [{ do: 'headers' }, { do: 'stall' }] }],
    text: '',
    code: 'provider_timeout',
  },
  'stall between tokens': { scripts: [{ steps: [some, { do: 'stall' }] }], text, code: 'provider_timeout' },
  'drop before the headers': { scripts: [{ steps: [{ do: 'drop' }] }], text: '', code: 'provider_error' },
  'drop between frames': {
    scripts: [{ steps: [some, { do: 'wait', ms: 50 }, { do: 'drop' }] }],
    text,
    code: 'provider_error',
  },
  'drop in the middle of a frame': {
    scripts: [{ steps: [some, { do: 'wait', ms: 50 }, { do: 'drop', midFrame: true }] }],
    text,
    code: 'provider_error',
  },
  'an end without a word of finish': { scripts: [{ steps: [some] }], text, code: 'provider_error' },
  '429 again and again': { scripts: [refuse(429, { retryAfter: '0' })], text: '', code: 'provider_error' },
  '429 with a long Retry-After': {
    scripts: [refuse(429, { retryAfter: '3600' })],
    text: '',
    code: 'provider_error',
  },
  '429, then an answer': { scripts: [refuse(429, { retryAfter: '0' }), answer(text)], text },
  '500': { scripts: [refuse(500)], text: '', code: 'provider_error' },
  'a refused key': { scripts: [refuse(401)], text: '', code: 'provider_error' },
  'a body of garbage': {
    scripts: [{ body: 'no JSON <at all>', headers: { 'content-type': 'text/html' } }],
    text: '',
    code: 'provider_error',
  },
  'an event of garbage': {
    scripts: [{ steps: [some, { do: 'raw', data: 'data: {"oops\n\n' }, { do: 'stall' }] }],
    text,
    code: 'provider_error',
  },
  'an error among the events': {
    scripts: [{ steps: [some, { do: 'error', type: 'overloaded_error', message: 'too much' }] }],
    text,
    code: 'provider_error',
  },
  'characters and frames cut at every byte': { scripts: [answer(emoji, { chunkBytes: 1 })], text: emoji },
  'no usage': { scripts: [answer(text, { usage: null })], text, provenance: 'estimated' },
  'no tokens at all': { scripts: [answer('', { tokens: [] })], text: '', code: 'provider_error' },
  'the longest answer allowed': {
    scripts: [answer(text, { finishReason: 'length' }), answer(text, { finishReason: 'max_tokens' })],
    text,
  },
};

const statusOf = { provider_error: 502, provider_timeout: 504 };

describe('faults of a provider', { concurrency: true }, async () => {
  const place = await emptyPlace('sqlite');
  const upstream = await startScriptedUpstream();
  const calls = new Map<string, number>();
  upstream.setDefault(({ lastUserMessage }) => {
    const scripts = faults[lastUserMessage.split(': ').at(-1) ?? '']?.scripts ?? [];
    const count = calls.get(lastUserMessage) ?? 0;
    calls.set(lastUserMessage, count + 1);
    const script = scripts[Math.min(count, scripts.length - 1)] ?? refuse(400);
    // Connections are not kept alive, so that every connection open at the end is a leak.
    return { ...script, headers: { ...script.headers, connection: 'close' } };
  });
  let server: ChildServer | undefined;
  let url = '';
  let key: string;
  let socketsBefore: number;

  before(async () => {
    const started = await spawnServer(
      serverEnvironment(place, {
        MODEL_FIRST_TOKEN_TIMEOUT_MS: '1500',
        MODEL_IDLE_TIMEOUT_MS: '1500',
        MODEL_MAX_RETRIES: '1',
      }),
    );
    server = started;
    url = started.url;
    const tenant = await makeTenant(url, upstream);
    key = tenant.prodKey;
    const base = `/organizations/${tenant.organizationId}`;
    const { id: modelId } = await administer<{ id: string }>(url, 'POST', `${base}/models`, {
      name: 'Other wire',
      provider: 'anthropic',
      model: 'scripted',
      base_url: upstream.anthropicUrl,
      api_key: 'sk-of-the-tests',
    });
    const { id } = await administer<{ id: number }>(url, 'POST', `${base}/personas`, {
      name: 'Other',
      alias: 'anthropic',
    });
    await administer(url, 'PUT', `${base}/personas/${id}/next`, {
      system_prompt: 'Be.',
      model_id: modelId,
    });
    await administer(url, 'POST', `${base}/personas/${id}/submit`);
    socketsBefore = socketsOf(started.pid);
  });

  after(async () => {
    try {
      if (server !== undefined) await verify(server);
    } finally {
      await server?.[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    }
  });

  /** All connections to the provider end, none of the server's sockets is left, and all that was said is stored. */
  async function verify(child: ChildServer): Promise<void> {
    const isOver = async (): Promise<void> => {
      while ((await upstream.openConnections()) > 0) await sleep(10);
      while (socketsOf(child.pid) > socketsBefore) await sleep(10);
    };
    assert.ok(await settlesWithin(isOver(), leakMs), 'no connection is left open');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /^colloquy_streams_open 0$/m);
    child.signal('SIGTERM');
    assert.equal(await child.exited, 0);
    assert.doesNotMatch(child.output(), /unhandled|uncaught|"level":[56]0/i);
    await using disk = await openDisk(place);
    const { generations, violations } = await readStored(disk, true);
    assert.deepEqual(violations, []);
    for (const { question, answer: stored, status } of generations.values()) {
      const fault = faults[question.split(': ').at(-1) ?? ''] as Fault;
      assert.equal(stored, fault.text, `${question}: what was said is kept`);
      assert.equal(status, fault.code === undefined ? 'done' : 'failed', question);
    }
    assert.equal(generations.size, Object.keys(faults).length * 4);
  }

  for (const wire of ['openai', 'anthropic'] satisfies Wire[]) {
    const persona = { alias: wire === 'openai' ? 'helper' : 'anthropic' };
    for (const [name, { code, text: expected, provenance }] of Object.entries(faults)) {
      test(`${wire}, streamed: ${name}`, async () => {
        const headers = { 'x-api-key': key };
        const stream = await openStream({
          url: `${url}/api/chat/completion/stream`,
          headers,
          body: { message: `${wire}, streamed: ${name}`, persona },
        });
        assert.equal(await stream.closed, 'ended');
        assert.equal(stream.status, 200);
        assert.equal(tokensOf(stream.frames), expected);
        const types = stream.frames.map(({ data }) => (JSON.parse(data) as { type: string }).type);
        assert.equal(types[0], 'session_created');
        const last = JSON.parse(stream.frames.at(-1)?.data ?? '{}');
        const ends = types.filter((type) => type === 'done' || type === 'error');
        assert.deepEqual(ends, [code === undefined ? 'done' : 'error']);
        assert.equal(last.code, code);
        // Anthropic's wire format can't begin a message without a usage.
        if (provenance !== undefined && wire === 'openai') assert.equal(last.usage.provenance, provenance);
        const response = await fetch(`${url}/api/generations/${generationOf(stream)}`, {
          headers: { ...headers, connection: 'close' },
        });
        const view = (await response.json()) as { status: string; error: { code: string } | null };
        assert.equal(view.status, code === undefined ? 'done' : 'failed');
        assert.equal(view.error?.code, code);
      });
      test(`${wire}, at once: ${name}`, async () => {
        const response = await fetch(`${url}/api/chat/completion`, {
          method: 'POST',
          headers: { 'x-api-key': key, 'content-type': 'application/json', connection: 'close' },
          body: JSON.stringify({ message: `${wire}, at once: ${name}`, persona }),
        });
        const body = (await response.json()) as Record<string, unknown>;
        assert.equal(response.status, code === undefined ? 200 : statusOf[code]);
        if (code === undefined) assert.equal(body.response, expected);
        else assert.equal(body.code, code);
      });
    }
  }
});

/** Number of open sockets of a process; 0 if the system does not tell. */
function socketsOf(pid: number): number {
  const directory = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return 0;
  }
  return names.filter((name) => {
    try {
      return readlinkSync(`${directory}/${name}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
