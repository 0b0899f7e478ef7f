/**
 * Every way in which a generation may end, on a server as its users start it: one line of the log for each, with what the
 * operations page promises and no secret and no text of a conversation, and counters that say the same.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { generationOf, openStream } from 'colloquy-testkit/event-stream';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { administer, adminKey, makeTenant } from 'colloquy-testkit/tenants';
import { answer, refuse, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';

interface Line {
  readonly level: number;
  readonly generation: string;
  readonly status: string;
  readonly model: string;
  readonly provider: string;
  readonly [field: string]: unknown;
}

/** What every line has; the others depend on the outcome. */
const fields = [
  ...['generation', 'organization', 'environment', 'key', 'persona', 'dialect'],
  ...['model', 'model_id', 'provider', 'status', 'finish_reason'],
  ...['queued_ms', 'ttft_ms', 'ms', 'prompt_tokens', 'completion_tokens', 'provenance', 'cost', 'retries'],
];
const [info, warn] = [30, 40];

const question = 'My cat Pumpernickel has a fever';
const reply = 'Poor Pumpernickel! Call Doctor Quillfeather';
const providerKey = 'sk-provider-0123456789abcdef';
const providerWords = 'the engine is out of memory';

/** The lines of ended generations in a server's output. */
function linesOf(server: ChildServer): readonly Line[] {
  return server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"a generation ended"'))
    .map((line) => JSON.parse(line) as Line);
}

/** The samples of a counter of `/metrics`, by its labels. */
async function samplesOf({ url }: ChildServer, name: string): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\d+)$`, 'gm'));
  return Object.fromEntries([...found].map(([, labels = '', value]) => [labels, Number(value)]));
}

/** Resolves once the server has counted so many generations that ended. */
async function counted(server: ChildServer, count: number): Promise<void> {
  for (;;) {
    const samples = Object.values(await samplesOf(server, 'colloquy_generations_total'));
    if (samples.reduce((sum, one) => sum + one, 0) >= count) return;
  }
}

function tally(lines: readonly Line[], labelsOf: (line: Line) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) counts[labelsOf(line)] = (counts[labelsOf(line)] ?? 0) + 1;
  return counts;
}

onBothStores('lines of ended generations', (engine) => {
  test('each outcome has one line, and the counters agree', { timeout: 170_000 }, async (t) => {
    const place = await emptyPlace(engine);
    await using upstream = await startScriptedUpstream();
    const environment = serverEnvironment(place, {
      LOG_LEVEL: 'info',
      LEASE_MS: '10000',
      MODEL_MAX_RETRIES: '1',
      COLLOQUY_SECRET: 'never-to-be-seen-0123456789',
    });
    let server = await spawnServer(environment);
    t.after(async () => {
      await server[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    });
    const { organizationId, modelId, personaId, prodKey } = await makeTenant(server.url, upstream);
    const base = `/organizations/${organizationId}`;
    await administer(server.url, 'PATCH', `${base}/models/${modelId}`, { api_key: providerKey });
    const spare = await administer<{ id: string }>(server.url, 'POST', `${base}/models`, {
      name: 'Spare',
      provider: 'openai-compatible',
      model: 'spare',
      base_url: upstream.openAiUrl,
    });
    upstream.script('spare', answer(reply));
    const set = (changes: object) => administer(server.url, 'PATCH', `${base}/models/${modelId}`, changes);

    const headers = { 'x-api-key': prodKey };
    const ask = async (session?: string) => {
      const path = session === undefined ? 'completion/stream' : 'continuation/stream';
      const body = { message: question, ...(session !== undefined && { session_id: session }) };
      return openStream({ url: `${server.url}/api/chat/${path}`, headers, body });
    };
    const ended = async (stream: Awaited<ReturnType<typeof ask>>): Promise<string> => {
      await stream.closed;
      return generationOf(stream);
    };

    upstream.enqueue(answer(reply));
    const done = await ended(await ask());
    upstream.enqueue(refuse(500, { message: providerWords }), answer(reply));
    const repeated = await ended(await ask());
    const refusal = refuse(400, { message: providerWords });
    upstream.enqueue(refusal);
    const failedBefore = await ended(await ask());
    upstream.enqueue({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: [reply] },
        { do: 'usage', promptTokens: 9, completionTokens: 4 },
        { do: 'error', type: 'server_error', message: providerWords },
      ],
    });
    const failedAfter = await ended(await ask());
    const held = { steps: [{ do: 'headers' }, { do: 'tokens', tokens: [reply] }, { do: 'stall' }] } as const;
    upstream.enqueue(held);
    const running = await ask();
    await running.until(2);
    const session = (JSON.parse(running.frames[0]?.data ?? '{}') as { session_id: string }).session_id;
    const cancelled = generationOf(running);
    await fetch(`${server.url}/api/generations/${cancelled}/cancel`, { method: 'POST', headers });
    await ended(running);
    assert.ok(session);
    await set({ fallbacks: [spare.id] });
    upstream.enqueue(refusal);
    const rescued = await ended(await ask());
    await set({ fallbacks: [], is_active: false });
    const refused = await ask();
    await refused.closed;
    assert.equal(refused.status, 409);
    await set({ is_active: true });
    upstream.enqueue(held);
    const left = await ask();
    await left.until(2);
    const interrupted = generationOf(left);

    await counted(server, 6);
    const [generations, errors, tokens, retries, providerErrors] = await Promise.all(
      ['generations', 'generation_errors', 'tokens', 'model_retries', 'provider_errors'].map((name) =>
        samplesOf(server, `colloquy_${name}_total`),
      ),
    );
    server.signal('SIGKILL');
    await server.exited;
    const first = server;
    server = await spawnServer(environment);
    const following = await openStream({
      url: `${server.url}/api/generations/${interrupted}/stream`,
      headers,
    });
    await following.closed;
    await counted(server, 1);
    const secondGenerations = await samplesOf(server, 'colloquy_generations_total');
    const secondErrors = await samplesOf(server, 'colloquy_generation_errors_total');
    server.signal('SIGTERM');
    await server.exited;

    const [lines, later] = [linesOf(first), linesOf(server)];
    const of = (id: string): Line => {
      const found = [...lines, ...later].filter(({ generation }) => generation === id);
      assert.equal(found.length, 1, `${id} has one line`);
      return found[0] as Line;
    };
    const expected: readonly (readonly [id: string, what: Record<string, unknown>])[] = [
      [done, { level: info, status: 'done', finish_reason: 'stop', retries: 0, provenance: 'reported' }],
      [repeated, { level: info, status: 'done', retries: 1 }],
      [
        failedBefore,
        { level: warn, status: 'failed', code: 'provider_error', ttft_ms: null, finish_reason: null },
      ],
      [failedAfter, { level: warn, status: 'failed', code: 'provider_error', prompt_tokens: 9 }],
      [cancelled, { level: info, status: 'cancelled', finish_reason: 'cancelled' }],
      [
        rescued,
        { level: info, status: 'done', model: 'Spare', model_id: spare.id, requested_model_id: modelId },
      ],
      [interrupted, { level: warn, status: 'interrupted', code: 'interrupted', model: 'Scripted' }],
    ];
    assert.equal(lines.length + later.length, expected.length, 'what was refused at acceptance has no line');
    for (const [id, what] of expected) {
      const line = of(id);
      for (const name of fields) assert.ok(name in line, `${line.status}: ${name}`);
      for (const [name, value] of Object.entries(what))
        assert.deepEqual(line[name], value, `${line.status}: ${name}`);
      assert.deepEqual([line.organization, line.persona, line.dialect], [organizationId, personaId, 'chat']);
      for (const name of ['queued_ms', 'ms']) assert.ok(Number(line[name]) >= 0, name);
      assert.equal('requested_model_id' in line, id === rescued);
      assert.equal('reason' in line, line.level === warn);
      if (line.code === 'provider_error') assert.match(String(line.reason), new RegExp(providerWords));
    }
    for (const id of [done, failedAfter, cancelled]) assert.equal(typeof of(id).ttft_ms, 'number');
    assert.ok(Number(of(done).cost) > 0 && Number(of(cancelled).completion_tokens) > 0);

    const secrets = [prodKey, adminKey, providerKey, environment.COLLOQUY_SECRET ?? ''];
    for (const text of [...secrets, question, reply, 'Pumpernickel', 'Quillfeather']) {
      assert.ok(text !== '' && !first.output().includes(text) && !server.output().includes(text), text);
    }

    const labels = ({ model, provider }: Line): string => `model="${model}",provider="${provider}"`;
    const byStatus = (line: Line): string => `${labels(line)},status="${line.status}"`;
    const byCode = (line: Line): string => `${labels(line)},code="${line.code}"`;
    const withCode = (all: readonly Line[]): readonly Line[] => all.filter(({ code }) => code !== undefined);
    assert.deepEqual(normal(generations), tally(lines, byStatus));
    assert.deepEqual(normal(secondGenerations), tally(later, byStatus));
    assert.deepEqual(normal(errors), tally(withCode(lines), byCode));
    assert.deepEqual(normal(secondErrors), tally(withCode(later), byCode));
    const sum = (name: string): number => lines.reduce((total, line) => total + Number(line[name]), 0);
    const kinds = (kind: string): number =>
      Object.entries(tokens ?? {}).reduce(
        (total, [label, n]) => (label.includes(`"${kind}"`) ? total + n : total),
        0,
      );
    assert.deepEqual(
      [kinds('prompt'), kinds('completion')],
      [sum('prompt_tokens'), sum('completion_tokens')],
    );
    assert.deepEqual(Object.values(retries ?? {}), [sum('retries')]);
    const failures = normal(providerErrors);
    assert.deepEqual(
      Object.entries(failures)
        .map(([label, n]) => [/status="(.*?)"/.exec(label)?.[1], n])
        .toSorted(),
      [
        ['400', 2],
        // An error in a stream counts as its HTTP equal.
        ['500', 2],
      ],
    );
  });
});

/** Samples that are not zero, with their labels in the order of the lines above. */
function normal(samples: Readonly<Record<string, number>> = {}): Record<string, number> {
  const kept: Record<string, number> = {};
  const order = ['model', 'provider', 'status', 'code', 'kind'];
  for (const [labels, value] of Object.entries(samples)) {
    const parts = labels
      .split(',')
      .toSorted((a, b) => order.indexOf(a.split('=')[0] ?? '') - order.indexOf(b.split('=')[0] ?? ''));
    if (value > 0) kept[parts.join(',')] = value;
  }
  return kept;
}
