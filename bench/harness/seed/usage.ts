/**
 * Fills a store with conversations of end users, a generation and some model calls for each, by statements that make all
 * rows at once. The calls are added up by the store itself.
 */

import { dirname } from 'node:path';
import { openStore } from '../../../packages/server/src/store/open.ts';
import type { Home } from '../colloquy.ts';
import { runStatements } from './statements.ts';

export interface UsageSeed {
  readonly conversations: number;
  readonly calls: number;
}

const daysMs = 30 * 24 * 3_600_000;
const callsAtOnce = 200;

interface Words {
  /** Numbers `i` from 0 on, as a table expression. */
  numbers(count: number): string;
  /** A UUID of the number and a kind, as an expression. */
  uuid(kind: number, number: string): string;
}

const sqlite: Words = {
  numbers: (count) =>
    `(with recursive n (i) as (select 0 union all select i + 1 from n where i < ${count - 1}) select i from n) as n`,
  uuid: (kind, number) => `printf('%08x-0000-7000-800${kind}-%012x', ${number}, ${number})`,
};

const postgres: Words = {
  numbers: (count) => `generate_series(0, ${count - 1}) as n (i)`,
  uuid: (kind, number) =>
    `lpad(to_hex(${number}), 8, '0') || '-0000-7000-800${kind}-' || lpad(to_hex(${number}), 12, '0')`,
};

/** Each conversation has an end user of its own; the calls go round over the users, models and keys. */
function statements(
  { numbers, uuid }: Words,
  { organizationId, modelId, personaId }: Home,
  { conversations, calls }: UsageSeed,
): string[] {
  const begin = Date.now() - daysMs;
  const at = (count: number): string => `${begin} + cast(i as bigint) * ${Math.floor(daysMs / count)}`;
  const [user, conversation, session, generation, call] = [1, 2, 3, 4, 5].map((kind) => uuid(kind, 'i')) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const status = `case when i % 50 = 0 then 'failed' else 'done' end`;
  return [
    `insert into end_user (id, organization_id, environment, external_id, created_at)
      select ${user}, '${organizationId}', 'prod', 'user-' || i, ${at(conversations)} from ${numbers(conversations)}`,
    `insert into conversation (id, organization_id, environment, end_user_id, title, title_source, is_archived,
        next_position, search_state, created_at, updated_at)
      select ${conversation}, '${organizationId}', 'prod', ${user}, 'Conversation ' || i, 'user', 0, 2, 2,
        ${at(conversations)}, ${at(conversations)} from ${numbers(conversations)}`,
    `insert into session (id, conversation_id, organization_id, environment, end_user_id, persona_id, persona_version,
        model_id, status, created_at, updated_at)
      select ${session}, ${conversation}, '${organizationId}', 'prod', ${user}, ${personaId}, 1, '${modelId}', 'active',
        ${at(conversations)}, ${at(conversations)} from ${numbers(conversations)}`,
    `insert into generation (id, organization_id, environment, end_user_id, conversation_id, session_id, reply_to,
        attempt, message_id, model_id, model_name, provider, persona_id, persona_version, api_key_id, dialect, status,
        parameters, created_at, started_at, first_token_at, finished_at, finish_reason, usage, cost)
      select ${generation}, '${organizationId}', 'prod', ${user}, ${conversation}, ${session}, ${generation}, 1,
        ${generation}, '${modelId}', 'bench', 'openai-compatible', ${personaId}, 1,
        case when i = 0 then '${modelId}' end, 'chat', ${status}, '{}', ${at(conversations)}, ${at(conversations)},
        ${at(conversations)} + 400, ${at(conversations)} + 3000, 'stop',
        '{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"provenance":"reported"}', 0.001
      from ${numbers(conversations)}`,
    `insert into model_call (id, generation_id, organization_id, environment, end_user_id, api_key_id, persona_id,
        model_id, purpose, prompt_tokens, completion_tokens, provenance, cost, created_at, is_request, is_failed,
        first_token_ms, duration_ms)
      select ${call}, null, '${organizationId}', 'prod', ${uuid(1, `i % ${conversations}`)}, 'key-' || (i % 5),
        ${personaId}, 'model-' || (i % 3), case when i % 4 = 0 then 'title' else 'answer' end, 100, 50, 'reported', 0.001,
        ${at(calls)}, case when i % 4 = 0 then 0 else 1 end, case when i % 50 = 0 then 1 else 0 end,
        100 + i % 900, 1000 + i % 9000 from ${numbers(calls)}`,
  ];
}

export async function seedUsage(home: Home, seed: UsageSeed): Promise<void> {
  const words = home.storage.engine === 'sqlite' ? sqlite : postgres;
  await runStatements(home, statements(words, home, seed));
  await addUp(home);
}

/** Adds up in the server's own steps, and says what they take. */
async function addUp({ storage }: Home): Promise<void> {
  const place =
    storage.engine === 'sqlite'
      ? { dataDir: dirname(storage.path), databaseUrl: undefined }
      : { dataDir: '.', databaseUrl: storage.url };
  const store = await openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
  const startedAtMs = performance.now();
  let steps = 0;
  let calls = 0;
  for (;;) {
    const { added, isLast } = await store.execute('addUpUsage', { limit: callsAtOnce });
    steps += 1;
    calls += added;
    if (isLast) break;
  }
  const tookMs = performance.now() - startedAtMs;
  const perCall = ((tookMs * 1000) / calls).toFixed(0);
  console.log(
    `${storage.engine}: ${calls} calls added up, ${perCall} µs each, ${(tookMs / steps).toFixed(1)} ms a step of ${callsAtOnce}`,
  );
  await store[Symbol.asyncDispose]();
}
