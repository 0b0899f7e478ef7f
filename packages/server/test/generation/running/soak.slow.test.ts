/**
 * A thousand answers whose bytes are the recorded streams of `test/models/streams`, spoilt at random: cut off anywhere,
 * with errors, garbage and bytes of other streams put in anywhere, in pieces of any size. COLLOQUY_TEST_SEED makes others
 * than usual. Whatever comes, each generation ends, and what readers were sent is what is stored.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { RecordedRequest, Script, Step } from 'colloquy-testkit/upstream/scripted-upstream';
import { isFinalEvent, type LogEvent } from '../../../src/domain/event.ts';
import { isTokenCount } from '../../../src/domain/usage.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import { MessageBuilder } from '../../../src/generation/log/message-builder.ts';
import type { LanguageModel } from '../../../src/models/language-model.ts';
import { createRemoteModel } from '../../../src/models/remote-model.ts';
import { estimateTokens } from '../../../src/models/token-count.ts';
import { createUpstreamDispatcher } from '../../../src/models/upstream/dispatcher.ts';
import { randomPieces, seededRandom } from '../../models/random-pieces.ts';
import { type RecordedStream, readStreams } from '../../models/recorded-streams.ts';
import { type EngineHarness, readLog, startEngineHarness } from '../engines.ts';

const streams = await readStreams();
const atOnce = 10;
const seed = Number(process.env.COLLOQUY_TEST_SEED ?? 0);

const errors: Readonly<Record<RecordedStream['wire'], readonly string[]>> = {
  openai: [
    'data: {"error":{"message":"put in","type":"server_error","code":null}}\n\n',
    'data: {"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}\n\n',
    'data: {"object":"error","message":"put in","code":500}\n\n',
    'error: {"code":500,"message":"put in"}\n\n',
  ],
  anthropic: [
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"put in"}}\n\n',
    'data: {"error":{"message":"put in"}}\n\n',
    'data: {"detail":"put in"}\n\n',
  ],
};
const garbage = [
  '\n\n',
  '\r',
  '\0',
  '\ud800',
  'data: [DONE]\n\n',
  'data: {\n\n',
  ': ping\n\n',
  'event: ping\ndata: {"type":"ping"}\n\n',
  'data: {"choices":[{"delta":{"content":"\\ud83c"}}]}\n\n',
  'data: {"choices":[{"delta":{"content":"<think>\\u0000</think>"}}],"usage":{"prompt_tokens":3e9}}\n\n',
  '<html><body>502</body></html>',
];

/** The answer of case `n`: the same one for the same number and seed. */
function spoilt(n: number): { readonly stream: RecordedStream; readonly script: Script } {
  const random = seededRandom(seed + n);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const stream = pick(streams);
  let bytes = stream.bytes;
  const at = (): number => Math.floor(random() * (bytes.length + 1));
  const insert = (text: string | Uint8Array): void => {
    const place = at();
    bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from(text as string), bytes.subarray(place)]);
  };
  if (random() < 0.2) insert(pick(errors[stream.wire]));
  if (random() < 0.25) insert(pick(garbage));
  if (random() < 0.15) {
    const other = pick(streams).bytes;
    const from = Math.floor(random() * other.length);
    insert(other.subarray(from, from + 300));
  }
  if (random() < 0.15 && bytes.length > 0) {
    bytes = Buffer.from(bytes);
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  }
  if (random() < 0.2) bytes = bytes.subarray(0, at());
  const steps: Step[] = [{ do: 'headers' }];
  for (const data of randomPieces(bytes, random() < 0.2 ? 20 : 400, random)) {
    steps.push({ do: 'raw', data });
    if (random() < 0.3) steps.push({ do: 'wait', ms: 0 });
  }
  if (random() < 0.15) steps.push({ do: 'drop' });
  const headers = stream.contentType === undefined ? {} : { headers: { 'content-type': stream.contentType } };
  return { stream, script: { ...headers, steps } };
}

/** The model asks in the wire format of the case that the user's message names. */
function soakModel(h: EngineHarness, dispatcher: ReturnType<typeof createUpstreamDispatcher>): LanguageModel {
  const runtime = {
    dispatcher,
    timeouts: { connectMs: 10_000, firstTokenMs: 10_000, idleMs: 10_000 },
    maxRetries: 1,
    backoffMs: 1,
    countTokens: estimateTokens,
  };
  const record = { provider: 'openai-compatible', model: 'scripted', baseUrl: h.upstream.openAiUrl } as const;
  const models = {
    openai: createRemoteModel(record, runtime),
    anthropic: createRemoteModel(
      { ...record, provider: 'anthropic', baseUrl: h.upstream.anthropicUrl },
      runtime,
    ),
  };
  return {
    ...models.openai,
    stream(request, options) {
      const { wire } = spoilt(Number(request.messages.at(-1)?.text)).stream;
      return models[wire].stream(request, options);
    },
  };
}

async function runCase(h: EngineHarness, engine: Engine, n: number): Promise<string> {
  const { generationId } = await engine.accept(h.turn({ text: String(n) }));
  const reading = readLog(engine, generationId);
  await reading.ended;
  const events: LogEvent[] = reading.events.map(({ event }) => event);
  const last = events.at(-1);
  assert.ok(isFinalEvent(last), `case ${n} ends`);
  const builder = new MessageBuilder();
  for (const event of events) builder.apply(event);
  const row = await h.place.store.reads
    .selectFrom('generation')
    .innerJoin('message', 'message.id', 'generation.message_id')
    .select(['message.text', 'message.parts', 'generation.status'])
    .where('generation.id', '=', generationId)
    .executeTakeFirstOrThrow();
  assert.deepEqual(
    JSON.parse(row.parts),
    JSON.parse(JSON.stringify(builder.parts())),
    `the parts of case ${n}`,
  );
  assert.equal(row.text, builder.text(), `the text of case ${n}`);
  assert.equal(row.status, last.status);
  assert.ok(last.status === 'done' || last.status === 'failed', `case ${n} is ${last.status}`);
  assert.notEqual(last.error?.code, 'internal', `case ${n}`);
  const { prompt_tokens, completion_tokens, total_tokens } = last.usage;
  for (const figure of [prompt_tokens, completion_tokens, total_tokens])
    assert.ok(isTokenCount(figure), `case ${n}`);
  return last.status;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function liveBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

onBothStores('a soak', (storeEngine) => {
  const count = storeEngine === 'sqlite' ? 1000 : 200;

  test(`${count} spoilt answers end, and are stored as they were sent`, { timeout: 170_000 }, async () => {
    await using h = await startEngineHarness(storeEngine, { record: false });
    const dispatcher = createUpstreamDispatcher({ connectMs: 10_000 });
    h.upstream.setDefault(({ lastUserMessage }: RecordedRequest) => spoilt(Number(lastUserMessage)).script);
    const model = soakModel(h, dispatcher);
    const engine = await h.start(h.place.store, {
      models: { get: () => model, whenReady: async () => model },
    });
    const ended = new Map<string, number>();
    const memory: number[] = [];
    for (let n = 0; n < count; n += atOnce) {
      if (n % (count / 4) === 0) memory.push(liveBytes());
      const cases = Array.from({ length: atOnce }, (_, i) => runCase(h, engine, n + i));
      for (const status of await Promise.all(cases)) ended.set(status, (ended.get(status) ?? 0) + 1);
    }
    memory.push(liveBytes());
    await dispatcher.destroy();
    assert.ok(
      (ended.get('done') ?? 0) > count / 5 && (ended.get('failed') ?? 0) > count / 5,
      JSON.stringify([...ended]),
    );
    const unexpected = h.warnings.filter(({ message }) => /unexpected|could not|tried again/.test(message));
    assert.deepEqual(unexpected, []);
    const [, afterAQuarter = 0, , , atTheEnd = 0] = memory;
    assert.ok(atTheEnd - afterAQuarter < 16 * 2 ** 20, `live bytes by quarter: ${memory.join(', ')}`);
  });
});
