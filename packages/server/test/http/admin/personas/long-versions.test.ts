/** A list of long prompts ends at 4 MiB and goes on behind its cursor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { maxPageBytes } from '../../../../src/store/queries/page.ts';
import { startTestApp } from '../../http-app.ts';

onBothStores('versions with long prompts', (storeEngine) => {
  test('every version is in one page, the newest first', async () => {
    await using app = await startTestApp(storeEngine);
    const id = await app.persona('long', { active: false });
    const path = `/organizations/${app.harness.scope.organizationId}/personas/${id}`;
    const prompt = '"\u0001é'.repeat(30_000);
    const count = 18;
    for (let n = 1; n <= count; n += 1) {
      const draft = { system_prompt: `${n} ${prompt}`, model_id: app.harness.modelId };
      assert.equal((await app.admin('PUT', `${path}/next`, draft)).status, 200);
    }
    const seen: number[] = [];
    const pages: number[] = [];
    for (let cursor = ''; ; ) {
      const { status, body } = await app.admin('GET', `${path}/versions?limit=1000${cursor}`);
      assert.equal(status, 200);
      assert.ok(Buffer.byteLength(JSON.stringify(body)) < maxPageBytes + 100_000);
      seen.push(...body.data.map(({ version }: { version: number }) => version));
      pages.push(body.data.length);
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: count }, (_, index) => count - index),
    );
    assert.ok(pages.length === 2 && pages[0] !== undefined && pages[0] < count, String(pages));
  });
});
