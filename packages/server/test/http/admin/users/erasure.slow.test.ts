/** After an erasure, a server that was stopped and started again has none of the erased words in its files. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace, type Place } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { adminKey } from 'colloquy-testkit/tenants';
import pg from 'pg';

/** A word that the folding of the search index changes, and its forms: as written, as indexed, escaped in JSON. */
const forms = ['Zwölfgeheimnis', 'zwolfgeheimnis', 'zwölfgeheimnis', 'Zw\\u00f6lfgeheimnis'];
const [word = ''] = forms;
const otherWord = 'gewoehnliches';

async function call(
  server: ChildServer,
  key: string,
  method: string,
  path: string,
  body?: unknown,
  more = {},
) {
  const response = await fetch(server.url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...more,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.status < 300, `${method} ${path}: ${response.status} ${text}`);
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields of answers.
  return (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text) as any;
}

/** Turns of each user. */
const turns = 24;

/** Counts each form in all bytes of all files of a directory. */
async function countInFiles(directory: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    for (const form of [...forms, otherWord]) {
      for (let at = bytes.indexOf(form); at >= 0; at = bytes.indexOf(form, at + 1)) {
        const name = `${form} in ${entry.name}`;
        found[name] = (found[name] ?? 0) + 1;
      }
    }
  }
  return found;
}

/** Counts the rows, of all tables, that have one of the forms in any column. */
async function countInRows({ databaseUrl }: Place): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query(`select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE'`);
    const found: Record<string, number> = {};
    for (const { name } of tables.rows as { name: string }[]) {
      for (const form of [...forms, otherWord]) {
        const rows = await client.query(
          `select count(*)::int as n from "${name}" as t where position($1 in t::text) > 0`,
          [form],
        );
        if (rows.rows[0].n > 0) found[`${form} in ${name}`] = rows.rows[0].n;
      }
    }
    return found;
  } finally {
    await client.end();
  }
}

/** Talks as two users in turn, so that their rows lie side by side, with lengths that move rows from page to page. */
async function talk(
  server: ChildServer,
  key: string,
  userId: string,
): Promise<{ secret: string[]; other: string[] }> {
  const made = { secret: [] as string[], other: [] as string[] };
  const tokens = {
    secret: (await call(server, key, 'POST', '/api/chat/get_token', { user_id: userId })).token,
    other: (await call(server, key, 'POST', '/api/chat/get_token', { user_id: 'other' })).token,
  };
  for (let n = 0; n < turns; n += 1) {
    for (const [whose, mark] of [
      ['secret', word],
      ['other', otherWord],
    ] as const) {
      const filler = `${'lorem ipsum '.repeat((n * 37) % 61)}`;
      const { session_id } = await call(
        server,
        tokens[whose],
        'POST',
        '/api/chat/completion',
        { message: `${mark} ${mark}${n} ${filler}` },
        { 'idempotency-key': `talk-${n}` },
      );
      made[whose].push(session_id);
      if (n % 3 > 0) continue;
      const chat = await call(
        server,
        tokens[whose],
        'POST',
        '/chats/create',
        { name: `${mark} ${filler}`.slice(0, 200) },
        { 'idempotency-key': `chat-${n}` },
      );
      await call(server, tokens[whose], 'PUT', `/chats/update/${chat.id}`, { name: `${mark} again` });
      const post = { chat_id: chat.id, role: 'Human', message: `${filler} ${mark}` };
      await call(server, tokens[whose], 'POST', '/conversations/create', post, {
        'idempotency-key': `post-${n}`,
      });
    }
  }
  const sought = await call(
    server,
    key,
    'GET',
    `/api/conversation/list?org_id=${await organization(server)}&q=${word}&limit=5`,
  );
  assert.equal(sought.length, 5);
  return made;
}

/** Takes some conversations into a set of questions. */
async function save(server: ChildServer): Promise<void> {
  const path = `/api/admin/organizations/${await organization(server)}`;
  const { id } = await call(server, adminKey, 'POST', `${path}/question-sets`, { name: 'Saved' });
  for (const mark of [word, otherWord]) {
    const found = await call(server, adminKey, 'GET', `${path}/conversations?limit=9&q=${mark}`);
    assert.equal(found.data.length, 9);
    for (const conversation of found.data) {
      const from = { conversation_id: conversation.id };
      const taken = await call(server, adminKey, 'POST', `${path}/question-sets/${id}/questions`, from);
      assert.ok(taken.turns.join().includes(mark));
    }
  }
}

async function organization(server: ChildServer): Promise<string> {
  const list = await call(server, adminKey, 'GET', '/api/admin/organizations');
  return list.data[0].id;
}

onBothStores('erasing leaves nothing', (engine) => {
  const look = (place: Place) =>
    place.databaseUrl === undefined ? countInFiles(place.dataDir) : countInRows(place);

  async function erased(
    userId: string,
    erase: (server: ChildServer, key: string, organizationId: string) => Promise<void>,
  ): Promise<Record<string, number>> {
    const place = await emptyPlace(engine);
    try {
      const environment = serverEnvironment(place);
      {
        await using server = await spawnServer(environment);
        const key = (await readFile(join(place.dataDir, 'first-key'), 'utf8')).trim();
        await talk(server, key, userId);
        await save(server);
        const before = await look(place);
        assert.ok(
          Object.keys(before).some((name) => name.startsWith(word)),
          JSON.stringify(before),
        );
        await erase(server, key, await organization(server));
        server.signal('SIGTERM');
        assert.equal(await server.exited, 0, server.output());
      }
      await using again = await spawnServer(environment);
      again.signal('SIGTERM');
      assert.equal(await again.exited, 0, again.output());
      return await look(place);
    } finally {
      await rm(place.dataDir, { recursive: true, force: true });
    }
  }

  function assertGone(found: Record<string, number>): void {
    const names = Object.keys(found);
    assert.deepEqual(
      names.filter((name) => !name.startsWith(otherWord)),
      [],
      'words of the erased user',
    );
    assert.ok(
      names.some((name) => name.startsWith(otherWord)),
      'the words of the other user stay',
    );
  }

  test('of an end user', async () => {
    const userId = `${word}@example.com`;
    const found = await erased(userId, async (server, _key, organizationId) => {
      const path = `/api/admin/organizations/${organizationId}/users/${encodeURIComponent(userId)}`;
      const receipt = await call(server, adminKey, 'DELETE', path);
      const { conversations, messages, generations, idempotency_claims } = receipt.deleted;
      assert.deepEqual([conversations, messages, generations], [32, 56, 24]);
      assert.equal(idempotency_claims, 40);
      assert.equal(receipt.kept.at(-1), 'backups that were made before keep what was erased');
      if (engine === 'postgres') assert.equal(receipt.kept.length, 3);
      // On a busy machine the file is not rewritten before the answer; it is when the server stops.
      else
        assert.ok(
          receipt.kept.slice(0, -1).every((one: string) => /until the server is quiet or stops/.test(one)),
        );
    });
    assertGone(found);
  });

  test('of chats, one by one', async () => {
    const found = await erased('secret', async (server, key) => {
      const chats = await call(server, key, 'GET', '/chats');
      for (const chat of chats as { id: string }[]) {
        const messages = await call(server, key, 'GET', `/conversations?chat_id=${chat.id}`);
        if (!JSON.stringify([messages, chat]).includes(word)) continue;
        if (messages.length > 1) await call(server, key, 'DELETE', `/conversations/delete/${messages[0].id}`);
        await call(server, key, 'DELETE', `/chats/delete/${chat.id}`);
      }
    });
    assertGone(found);
  });
});
