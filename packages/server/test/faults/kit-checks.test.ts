/** The fault kit's checks: which records they report as violations, and which they accept. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { noUsage } from '../../src/domain/usage.ts';
import { makeTurn, type Turn } from './kit/behaviours.ts';
import { mountSmallDisk } from './kit/disk.ts';
import { Host } from './kit/host.ts';
import { Ledger } from './kit/ledger.ts';
import { seededRandom } from './kit/random.ts';
import type { StoredGeneration } from './kit/stored-log.ts';
import { verify } from './kit/verify.ts';

const [first, second] = ['0.0.1', '0.0.2'].map((name) => makeTurn(name, seededRandom(1))) as [Turn, Turn];

/** A turn of one session that failed before its model said anything. */
function failedTurn({ question }: Turn, position: number, code: ErrorCode): StoredGeneration {
  const error = { code, message: 'it failed' };
  return {
    id: `generation of ${question}`,
    status: 'failed',
    sessionId: 'one session',
    position,
    question,
    answer: '',
    messageStatus: 'failed',
    events: [{ type: 'generation-finished', status: 'failed', finish_reason: null, usage: noUsage, error }],
  };
}

/** The violation reported if the second turn's call reached the model before the first one's. */
function overtaken(code: ErrorCode): Promise<string[]> {
  const stored = [failedTurn(first, 0, code), failedTurn(second, 2, 'provider_error')];
  const ledger = new Ledger();
  for (const { question } of [first, second]) {
    ledger.asked.set(question, { question, key: undefined, generationIds: new Set(), refused: false });
  }
  ledger.modelCalls = [second.question, first.question];
  const generations = new Map(stored.map((generation) => [generation.id, generation]));
  return verify(ledger, { generations, violations: [] }, 'http://127.0.0.1:9', {});
}

test('a turn whose call comes before that of an answered one has overtaken it', async () => {
  const [sentence, ...others] = await overtaken('provider_error');
  assert.match(sentence ?? '', /"turn 0\.0\.2: .*" overtook/);
  assert.deepEqual(others, []);
});

test('the call of a turn that timed out may come after that of the next one', async () => {
  assert.deepEqual(await overtaken('provider_timeout'), []);
});

const disk = await mountSmallDisk(48);

test('the kit stays awake while it fills a disk', {
  skip: disk === undefined && 'this user may not mount a disk',
}, async () => {
  if (disk === undefined) return;
  await using _mounted = disk;
  let turns = 0;
  const counting = setInterval(() => {
    turns += 1;
  }, 0);
  await disk.fill();
  clearInterval(counting);
  assert.ok(turns > 0);
});

test('a server that does not stop is told, and does not hang the kit', async () => {
  const place = await emptyPlace('sqlite');
  await using host = new Host({ environment: serverEnvironment(place), replicas: 1, stopMs: 1 });
  await host.start(0);
  host.signal(0, 'SIGSTOP');
  await host.end(0, 'SIGTERM');
  assert.deepEqual(host.complaints, ['a server did not end within 1 ms of SIGTERM']);
  await rm(place.dataDir, { recursive: true, force: true });
});
