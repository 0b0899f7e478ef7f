/** What `/metrics` says of the engine, the store and the process while they work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStream, tokensOf } from 'colloquy-testkit/event-stream';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { createReadings } from '../../../src/http/operations/readings.ts';

/** The samples of `/metrics`, by name and labels. */
async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`);
  assert.equal(response.status, 200);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

onBothStores('metrics of a server at work', (engine) => {
  test('what runs, follows and waits is counted, and given back at the end', async () => {
    await using server = await startTestServer(engine);
    const { url, upstream, prodKey } = server;
    const { step, release } = gate();
    upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['one'] }, step, { do: 'finish' }, { do: 'end' }] });
    const headers = { 'x-api-key': prodKey };
    const first = await openStream({
      url: `${url}/api/chat/completion/stream`,
      headers,
      body: { message: 'Hi' },
    });
    await first.until(() => tokensOf(first.frames).includes('one'));
    const begun = first.frames.map(({ data }) => JSON.parse(data) as { session_id?: string });
    const sessionId = begun.find((event) => event.session_id !== undefined)?.session_id;
    assert.ok(sessionId, first.body());
    const second = await openStream({
      url: `${url}/api/chat/continuation/stream`,
      headers,
      body: { session_id: sessionId, message: 'And?', when_busy: 'queue' },
    });
    assert.equal(second.status, 200);
    const busy = await scrape(url);
    assert.equal(busy.get('colloquy_generations_running'), 1);
    assert.equal(busy.get('colloquy_turns_queued'), 1);
    assert.equal(busy.get('colloquy_streams_open'), 2);
    assert.equal(busy.get('colloquy_viewers'), 1);
    assert.ok((busy.get('colloquy_store_bytes') ?? 0) > 0);
    assert.ok((busy.get('colloquy_commit_seconds_count') ?? 0) > 0);
    assert.equal(busy.get('colloquy_store_command_seconds_count{command="acceptTurn",outcome="ok"}'), 2);
    assert.equal(busy.has('colloquy_store_connections{state="idle"}'), engine === 'postgres');
    assert.ok((busy.get('colloquy_event_loop_utilization') ?? -1) >= 0);
    assert.ok(busy.has('nodejs_eventloop_lag_p99_seconds') && busy.has('process_resident_memory_bytes'));
    upstream.enqueue(answer('two'));
    release();
    await Promise.all([first.closed, second.closed]);
    await server.server.engine.settleBeforeDelete([]);
    const quiet = await scrape(url);
    for (const name of ['generations_running', 'turns_queued', 'viewers', 'journal_rows', 'journal_bytes'])
      assert.equal(quiet.get(`colloquy_${name}`), 0, name);
    assert.equal(quiet.get('colloquy_store_commands_pending'), 0);
  });
});

test('a store that fails or does not answer takes no other reading along', async () => {
  await using server = await startTestServer();
  const { reads } = server.server.store;
  const { engine } = server.server;
  for (const readings of [
    () => Promise.reject(new Error('connection refused')),
    () => new Promise<never>(() => {}),
  ]) {
    const all = createReadings({ store: { reads, readings }, engine });
    assert.equal(await all.store(), undefined);
    assert.equal(all.engine().running, 0);
  }
});
