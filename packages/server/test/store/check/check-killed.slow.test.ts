/** `colloquy check` finds nothing wrong with what servers leave that are killed while answers stream. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant, type Tenant } from 'colloquy-testkit/tenants';
import { startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { checkStore } from '../../../src/store/check/check-store.ts';
import { openForReads } from '../../../src/store/transfer/place.ts';

onBothStores('a check after kills', (engine) => {
  test('finds nothing wrong', async (t) => {
    const place = await emptyPlace(engine);
    t.after(() => rm(place.dataDir, { recursive: true, force: true }));
    await using upstream = await startScriptedUpstream({ record: false });
    const tokens = Array.from({ length: 300 }, (_, index) => `word${index} `);
    let calls = 0;
    // Half of them have ended by the later kills; the others go on for longer than the last one takes to come.
    upstream.setDefault(() => {
      calls += 1;
      const intervalMs = calls % 2 === 0 ? 5 : 40;
      return { steps: [{ do: 'headers' }, { do: 'tokens', tokens, intervalMs }, { do: 'end' }] };
    });
    const env = serverEnvironment(place);
    let tenant: Tenant | undefined;
    for (let kills = 1; kills <= 5; kills += 1) {
      {
        await using server = await spawnServer(env);
        if (tenant === undefined) {
          tenant = await makeTenant(server.url, upstream);
          const limits = { tokens_per_day: 1e9, storage_bytes: 1e9 };
          await administer(server.url, 'PATCH', `/organizations/${tenant.organizationId}/settings`, {
            limits,
          });
        }
        const { prodKey } = tenant;
        const streams = Array.from({ length: 12 }, async () => {
          const answer = await fetch(`${server.url}/api/chat/completion/stream`, {
            method: 'POST',
            headers: { 'X-API-Key': prodKey, 'Content-Type': 'application/json' },
            body: JSON.stringify({ message: 'Go on' }),
          });
          assert.equal(answer.status, 200);
          await answer.text();
        });
        const ended = Promise.allSettled(streams);
        // Some answers have moved to segments by then, and some have ended.
        await sleep(1000 + 700 * kills);
        server.signal('SIGKILL');
        await server.exited;
        await ended;
      }
      await using store = await openForReads(place);
      const { rows } = await store.db
        .selectFrom('journal')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .execute()
        .then(([row]) => ({ rows: Number(row?.count) }));
      assert.ok(rows > 0, 'the kill came too late');
      assert.deepEqual(await checkStore(store.db, engine), []);
    }
  });
});
