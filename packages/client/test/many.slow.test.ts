/** As many conversations as one person has in years: reading all of them takes the memory of a page. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { makeTenant } from 'colloquy-testkit/tenants';
import { startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { Colloquy } from '../src/index.ts';

const count = 10_000;
/** 10,000 conversations that are kept hold more than twice as much. */
const noiseBytes = 1_500_000;

/** What is held once connections and collections have come to rest. */
async function liveBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 5; tries++) {
    await sleep(50);
    collect();
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

/** Repeats the one conversation that is there. */
function repeat(dataDir: string, times: number): void {
  const db = new DatabaseSync(join(dataDir, 'colloquy.db'), { timeout: 5000 });
  try {
    db.exec('begin immediate');
    for (const table of ['conversation', 'session'])
      db.exec(`create temp table one_${table} as select * from ${table}`);
    const change = [
      db.prepare('update one_conversation set id = :id, title = :title, updated_at = updated_at - 1'),
      db.prepare('update one_session set id = :session, conversation_id = :id, head_message_id = null'),
    ] as const;
    const insert = ['conversation', 'session'].map((table) =>
      db.prepare(`insert into ${table} select * from one_${table}`),
    );
    for (let n = 0; n < times; n++) {
      const id = randomUUID();
      change[0].run({ id, title: `Conversation ${n} ${'–'.repeat(60)}` });
      change[1].run({ id, session: randomUUID() });
      for (const statement of insert) statement.run();
    }
    db.exec('commit');
  } finally {
    db.close();
  }
}

test(`${count} conversations are iterated with the memory of a page`, async (t) => {
  const place = await emptyPlace('sqlite');
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(place.dataDir, { recursive: true, force: true }));
  const upstream = cleanup.use(await startScriptedUpstream());
  const server = cleanup.use(await spawnServer(serverEnvironment(place)));
  const { prodKey } = await makeTenant(server.url, upstream);
  const colloquy = new Colloquy({ baseUrl: server.url, apiKey: prodKey });
  const { token } = await colloquy.tokens.create({ userId: 'busy' });
  const busy = new Colloquy({ baseUrl: server.url, token });
  await busy.send('Hello');
  repeat(place.dataDir, count - 1);

  const seen = new Set<string>();
  const held: number[] = [];
  let n = 0;
  for await (const { sessionId: id } of busy.conversations.list({ limit: 200 })) {
    n += 1;
    // Not all of them: what this test holds is to stay small.
    if (n % 100 === 0) seen.add(id);
    if (n === 1000 || n === count - 100) held.push(await liveBytes());
  }
  assert.equal(n, count);
  assert.equal(seen.size, count / 100);
  const [early = 0, late = 0] = held;
  t.diagnostic(`${early} bytes are held after 1,000, ${late} after ${count - 100}`);
  assert.ok(late - early < noiseBytes, `${late - early} bytes more`);
});
