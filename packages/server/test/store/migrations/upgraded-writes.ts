/**
 * After the upgrades, each way to write works on the rows that were there before, of every released schema: each has an
 * organization that was made while it was the newest, and that went through all migrations behind it.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { administer } from 'colloquy-testkit/tenants';
import { startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { hashApiKey } from '../../../src/auth/api-keys.ts';
import { catalog } from '../../../src/catalog.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { newId } from '../../../src/domain/ids.ts';
import { startServer } from '../../../src/server.ts';
import { migrations } from '../../../src/store/migrate.ts';
import { createRetention } from '../../../src/store/retention/retention.ts';
import type { StoreEngine } from '../../../src/store/store.ts';
import { makeLivedInDatabase, makeOrganization } from './old-database.ts';

const at = 1_790_000_000_000;

/** An organization of a schema, and what it has. */
function newTenant(persona: number) {
  return {
    persona,
    apiKey: `sk_prod_of-the-first-schema-0123456789abcdef${persona}`,
    organization: newId(),
    ...{ model: newId(), member: newId(), key: newId(), user: newId() },
    ...{ kept: newId(), hers: newId(), old: newId() },
  };
}

type Tenant = ReturnType<typeof newTenant>;

/** Rows of the first schema, in columns that every later one has too. */
async function fill(db: Kysely<unknown>, ids: Tenant, baseUrl: string): Promise<void> {
  const { organization, persona } = ids;
  await makeOrganization(db, organization);
  const run = (query: ReturnType<typeof sql>) => query.execute(db);
  await run(sql`insert into model (id, organization_id, name, provider, model, base_url, context_window, is_active,
    price_input, price_output, created_at, updated_at)
    values (${ids.model}, ${organization}, 'M', 'openai-compatible', 'm', ${baseUrl}, 8000, 1, 1, 2, ${at}, ${at})`);
  await run(sql`update organization set default_model_id = ${ids.model} where id = ${organization}`);
  await run(sql`insert into persona (id, organization_id, name, alias, active_version, last_version, created_at, updated_at)
    values (${persona}, ${organization}, 'P', 'support', 1, 1, ${at}, ${at})`);
  await run(sql`insert into persona_version (persona_id, version, system_prompt, model_id, created_at, submitted_at)
    values (${persona}, 1, 'Be kind.', ${ids.model}, ${at}, ${at})`);
  await run(sql`insert into member (id, organization_id, name, email, role, created_at, updated_at)
    values (${ids.member}, ${organization}, 'Ann', ${`ann@${persona}.example`}, 'owner', ${at}, ${at})`);
  await run(sql`insert into api_key (id, organization_id, name, type, prefix, hash, default_persona_id, limits, created_at)
    values (${ids.key}, ${organization}, 'K', 'prod', 'sk_prod_of-the', ${hashApiKey(ids.apiKey)}, ${persona}, '{}', ${at})`);
  await run(sql`insert into end_user (id, organization_id, environment, external_id, created_at)
    values (${ids.user}, ${organization}, 'prod', 'ada', ${at})`);
  await talk(db, ids, ids.kept, null, at);
  await talk(db, ids, ids.hers, ids.user, at);
  await talk(db, ids, ids.old, null, 1_600_000_000_000);
}

/** A conversation with one answered question. */
async function talk(
  db: Kysely<unknown>,
  { organization, persona, model, key }: Tenant,
  id: string,
  user: string | null,
  when: number,
): Promise<void> {
  const [session, question, answer, generation] = [newId(), newId(), newId(), newId()];
  const whose = sql`${organization}, 'prod', ${user}`;
  const run = (query: ReturnType<typeof sql>) => query.execute(db);
  await run(sql`insert into conversation (id, organization_id, environment, end_user_id, title, title_source,
    next_position, created_at, updated_at) values (${id}, ${whose}, 'walrus', 'user', 3, ${when}, ${when})`);
  await run(sql`insert into session (id, conversation_id, organization_id, environment, end_user_id, persona_id,
    persona_version, model_id, status, head_message_id, created_at, updated_at)
    values (${session}, ${id}, ${whose}, ${persona}, 1, ${model}, 'active', ${answer}, ${when}, ${when})`);
  await run(sql`insert into generation (id, organization_id, environment, end_user_id, conversation_id, session_id,
    reply_to, attempt, message_id, model_id, model_name, provider, persona_id, persona_version, api_key_id, dialect,
    status, parameters, created_at, started_at, finished_at, finish_reason)
    values (${generation}, ${whose}, ${id}, ${session}, ${question}, 1, ${answer}, ${model}, 'M',
      'openai-compatible', ${persona}, 1, ${key}, 'chat', 'completed', '{}', ${when}, ${when}, ${when}, 'stop')`);
  for (const [position, role] of (['user', 'assistant'] as const).entries()) {
    const [own, parent, made] = role === 'user' ? [question, null, null] : [answer, question, generation];
    const text = `narwhal ${role}`;
    await run(sql`insert into message (id, conversation_id, session_id, organization_id, environment, end_user_id,
      parent_id, role, parts, text, position, status, generation_id, model_id, created_at, updated_at)
      values (${own}, ${id}, ${session}, ${whose}, ${parent}, ${role}, ${JSON.stringify([{ type: 'text', text }])},
        ${text}, ${position + 1}, 'completed', ${made}, ${made && model}, ${when}, ${when})`);
  }
}

/** Defines the tests, in a suite. */
export async function testEachWriteAfterUpgrades(engine: StoreEngine): Promise<void> {
  const upstream = await startScriptedUpstream();
  const place = await emptyPlace(engine);
  const tenants = new Map(Object.keys(migrations).map((name, index) => [name, newTenant(100 + index)]));
  await makeLivedInDatabase(place, engine, (db, name) =>
    fill(db, tenants.get(name) ?? assert.fail(), upstream.openAiUrl),
  );
  const { config = assert.fail() } = parseConfig(serverEnvironment(place), catalog);
  const server = await startServer(config, { log: pino({ level: 'silent' }), titles: false });
  const { url, store } = server;
  after(async () => {
    await server[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
    await rm(place.dataDir, { recursive: true, force: true });
  });

  for (const [name, { organization, apiKey, persona, ...ids }] of tenants) {
    test(`on rows of the schema of ${name}`, async () => {
      const own = <T = Record<string, unknown>>(method: string, path: string, body?: object): Promise<T> =>
        administer<T>(url, method, `/organizations/${organization}${path}`, body);
      const call = async (method: string, path: string, body?: object) => {
        const answer = await fetch(url + path, {
          method,
          headers: { 'x-api-key': apiKey, ...(body && { 'content-type': 'application/json' }) },
          ...(body && { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
        return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
      };

      // Turns, in a new conversation and in the old one; a new title; a message and a conversation less.
      await call('POST', '/api/chat/completion', { message: 'Hi' });
      const question = await call('POST', '/conversations/create', {
        chat_id: ids.kept,
        role: 'Human',
        message: 'And now?',
      });
      await call('GET', `/conversations/inference/${question.id}`);
      await call('PUT', `/chats/update/${ids.kept}`, { name: 'narwhals' });
      await call('DELETE', `/conversations/delete/${question.id}`);

      await own('PATCH', `/keys/${ids.key}`, { name: 'Other', limits: { storage_bytes: 10_000_000 } });
      await own('POST', `/keys/${ids.key}/rotate`, { overlap_seconds: 3600 });
      await own('POST', '/keys', { name: 'New', type: 'test' });
      await own('PATCH', `/models/${ids.model}`, { max_retries: 1 });
      await own('PUT', `/personas/${persona}/next`, { system_prompt: 'Be kinder.', model_id: ids.model });
      await own('POST', `/personas/${persona}/submit`);
      await own('PATCH', `/members/${ids.member}`, { name: 'Anna' });
      await own('POST', '/members', { name: 'Bea', email: `bea@${persona}.example`, role: 'member' });
      await own('PATCH', '/settings', { titles: 'off', retention_days: { prod: 365, test: null } });

      // The search index is filled in the background.
      const found = async (q: string): Promise<number> =>
        (await own<{ data: unknown[] }>('GET', `/conversations?q=${q}`)).data.length;
      for (const signal = AbortSignal.timeout(60_000); (await found('walrus')) < 2; signal.throwIfAborted())
        await setTimeout(20);

      await own('DELETE', '/users?user_id=ada');
      await createRetention({ store, settle: () => server.engine.settleBeforeDelete([]) }).run();
      const left = await store.reads
        .selectFrom('conversation')
        .select(['id', 'title'])
        .where('organization_id', '=', organization)
        .execute();
      assert.equal(left.length, 2);
      assert.equal(left.find(({ id }) => id === ids.kept)?.title, 'narwhals');
      const users = store.reads.selectFrom('end_user').where('organization_id', '=', organization);
      assert.deepEqual(await users.selectAll().execute(), []);
      const usage = await own<{ data: unknown[] }>('GET', '/usage?group_by=model');
      assert.ok(usage.data.length > 0);
      await call('DELETE', `/chats/delete/${ids.kept}`);
    });
  }
}
