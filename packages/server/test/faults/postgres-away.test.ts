/** PostgreSQL away while a server runs: every route tells clients to come back, and running answers go on after it. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { openStream, tokensOf } from 'colloquy-testkit/event-stream';
import { emptyPlace } from 'colloquy-testkit/place';
import { withRoutes } from 'colloquy-testkit/route-table';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { findPostgres } from 'colloquy-testkit/services';
import { adminKey, makeTenant } from 'colloquy-testkit/tenants';
import { answer, gate, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { pino } from 'pino';
import { catalog } from '../../src/catalog.ts';
import { parseConfig } from '../../src/config/config.ts';
import { startServer } from '../../src/server.ts';
import { startBreakableProxy } from './kit/breakable-proxy.ts';

const postgres = await findPostgres();
/** These say what the process is and knows, without the store, or are pages. */
const withoutStore =
  /^GET \/(healthz|metrics|docs|api\/admin\/(health|providers|server-settings)$|$)|\/healthz\/stream|\*/;

test('PostgreSQL away, and back', 'skip' in postgres ? postgres : {}, async () => {
  const place = await emptyPlace('postgres');
  const url = new URL(place.databaseUrl ?? '');
  await using proxy = await startBreakableProxy(url.hostname, Number(url.port || 5432));
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  const environment = serverEnvironment({ ...place, databaseUrl: url.href }, { LEASE_MS: '60000' });
  const { config, problems } = parseConfig(environment, catalog);
  assert.ok(config !== undefined, JSON.stringify(problems));
  await using upstream = await startScriptedUpstream();
  const { result: server, routes } = await withRoutes(() =>
    startServer(config, { log: pino({ level: 'silent' }), backoffMs: 5 }),
  );
  try {
    const { prodKey } = await makeTenant(server.url, upstream);
    const held = gate();
    upstream.setDefault(() => ({
      steps: [
        { do: 'tokens', tokens: ['One'] },
        held.step,
        ...(answer('', { tokens: [' two'] }).steps ?? []),
      ],
    }));
    const turn = {
      url: `${server.url}/api/chat/completion/stream`,
      headers: { 'x-api-key': prodKey },
      body: { message: 'Hello' },
    };
    const running = await openStream(turn);
    assert.ok(await running.until(2));

    proxy.cut();
    const away = await fetch(`${server.url}/readyz`);
    assert.equal(away.status, 503);
    const readiness = (await away.json()) as { ready: boolean; problems: string[] };
    assert.equal(readiness.ready, false);
    assert.match(readiness.problems[0] ?? '', /^the store does not answer: ./);
    const refused = await openStream(turn);
    await refused.closed;
    assert.equal(refused.status, 503, refused.body());
    assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
    const faults: string[] = [];
    for (const route of routes.filter((one) => !withoutStore.test(one))) {
      const [method = '', path = ''] = route.split(' ');
      const at = path.replaceAll(/:\w+/g, '01a20546-8ebc-7531-9991-009e03380850');
      const key = path.startsWith('/api/admin') ? adminKey : prodKey;
      const body = method === 'GET' || method === 'DELETE' ? null : '{}';
      const headers = { 'x-api-key': key, ...(body !== null && { 'content-type': 'application/json' }) };
      const { status } = await fetch(`${server.url}${at}`, { method, headers, body });
      // What is wrong with a request may be told first.
      // What browsers load lies beside the program, and not in the store.
      if (status === 200 && /^GET \/(console|widget)/.test(route)) continue;
      if (status !== 503 && !(status >= 400 && status < 500)) faults.push(`${route}: ${status}`);
    }
    assert.deepEqual(faults, []);

    proxy.restore();
    held.release();
    assert.equal(await running.closed, 'ended');
    assert.equal(tokensOf(running.frames), 'One two');
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);

    const lost = proxy.cutAt('insert into "organization"');
    const made = await fetch(`${server.url}/api/admin/organizations`, {
      method: 'POST',
      headers: { 'x-api-key': adminKey, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Made at the second try' }),
    });
    await lost;
    assert.equal(made.status, 201, await made.text());
  } finally {
    proxy.restore();
    await server[Symbol.asyncDispose]();
    await rm(place.dataDir, { recursive: true });
  }
});
