/** Fills a store with what is long: messages, the list of conversations, the log of one answer. By one SQL for both. */
import type { Home } from '../colloquy.ts';
import { runStatements } from './statements.ts';

export interface LongThings {
  /** A conversation of long messages. */
  readonly longMessages: string;
  /** A generation whose answer has ended. */
  readonly generation: string;
  /** Its events. */
  readonly events: number;
}

export interface LongSizes {
  readonly conversations: number;
  readonly messages: number;
  /** Characters of each of them. */
  readonly messageLength: number;
  readonly events: number;
}

const eventsOfSegment = 200;

const idOf = (kind: number): string => `019ab1c2-7d3e-7c4f-9a1${kind}-000000000000`;
const numbers = (last: number): string =>
  `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${last})`;
const numbered = (kind: number): string =>
  `'019ab1c2-7d3e-7c4f-9a1${kind}-' || substr('000000000000' || n, length('000000000000' || n) - 11)`;

export async function seedLongThings(home: Home, sizes: LongSizes): Promise<LongThings> {
  await runStatements(home, statements(home, sizes));
  return { longMessages: idOf(2), generation: idOf(5), events: sizes.events };
}

/** Whatever is made here needs no index of the search: its state says that it is there. */
function statements({ organizationId, modelId }: Home, sizes: LongSizes): readonly string[] {
  const tenant = `'${organizationId}', 'prod'`;
  const { conversations, messages, messageLength, events } = sizes;
  const deltas = events - 5;
  const segments = Math.ceil(deltas / eventsOfSegment);
  const text = 'lorem ipsum '.repeat(Math.ceil(messageLength / 12)).slice(0, messageLength);
  const usage = '{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"provenance":"reported"}';
  const first = [
    { type: 'generation-queued', position: 0, new_session: true },
    { type: 'generation-started' },
    { type: 'part-started', kind: 'text' },
  ];
  const last = [
    { type: 'part-finished' },
    {
      type: 'generation-finished',
      status: 'done',
      finish_reason: 'stop',
      usage: JSON.parse(usage),
      error: null,
    },
  ];
  const plain = JSON.stringify(Array.from({ length: eventsOfSegment }, (_, n) => `word${n} `));
  const rest = JSON.stringify(
    Array.from({ length: deltas - (segments - 1) * eventsOfSegment }, () => 'end '),
  );
  const segment = 'insert into segment (generation_id, first_seq, last_seq, events, is_plain)';
  return [
    `insert into conversation (id, organization_id, environment, title, title_source, is_archived, next_position,
       search_state, created_at, updated_at)
     ${numbers(conversations)} select ${numbered(0)}, ${tenant}, 'a conversation of many, number ' || n, 'user', 0, 0, 2,
       1700000000000 + n, 1700000000000 + n from numbers`,
    ...[2, 3].map(
      (kind) => `insert into conversation (id, organization_id, environment, title, title_source, is_archived,
         next_position, search_state, created_at, updated_at)
       values ('${idOf(kind)}', ${tenant}, 'long', 'user', 0, ${kind === 2 ? messages : 2}, 2, 1, 1)`,
    ),
    ...[2, 3].map(
      (kind) => `insert into session (id, conversation_id, organization_id, environment, model_id, status,
         created_at, updated_at)
       values ('${idOf(kind)}', '${idOf(kind)}', ${tenant}, '${modelId}', 'active', 1, 1)`,
    ),
    `insert into message (id, conversation_id, session_id, organization_id, environment, role, parts, text, position,
       status, search_state, created_at, updated_at)
     ${numbers(messages)} select ${numbered(2)}, '${idOf(2)}', '${idOf(2)}', ${tenant},
       case when n % 2 = 0 then 'assistant' else 'user' end, '[{"type":"text","text":"${text}"}]', '${text}', n - 1,
       'done', 2, n, n from numbers`,
    `insert into message (id, conversation_id, session_id, organization_id, environment, role, parts, text, position,
       status, search_state, created_at, updated_at)
     values ('${idOf(3)}', '${idOf(3)}', '${idOf(3)}', ${tenant}, 'user', '[]', 'Talk', 0, 'done', 2, 1, 1)`,
    `insert into message (id, conversation_id, session_id, organization_id, environment, role, parts, text, position,
       status, generation_id, model_id, usage, search_state, created_at, updated_at)
     values ('${idOf(4)}', '${idOf(3)}', '${idOf(3)}', ${tenant}, 'assistant', '[]', 'So', 1, 'done', '${idOf(5)}',
       '${modelId}', '${usage}', 2, 1, 1)`,
    `insert into generation (id, organization_id, environment, conversation_id, session_id, reply_to, attempt,
       message_id, model_id, model_name, provider, dialect, status, parameters, created_at, started_at, finished_at,
       finish_reason, usage)
     values ('${idOf(5)}', ${tenant}, '${idOf(3)}', '${idOf(3)}', '${idOf(3)}', 1, '${idOf(4)}', '${modelId}', 'm',
       'openai-compatible', 'chat', 'done', '{}', 1, 1, 2, 'stop', '${usage}')`,
    `${segment} values ('${idOf(5)}', 1, 3, '${JSON.stringify(first)}', null)`,
    `${segment} ${numbers(segments - 1)} select '${idOf(5)}', 4 + (n - 1) * ${eventsOfSegment},
       3 + n * ${eventsOfSegment}, '${plain}', 1 from numbers`,
    `${segment} values ('${idOf(5)}', ${4 + (segments - 1) * eventsOfSegment}, ${events - 2}, '${rest}', 1)`,
    `${segment} values ('${idOf(5)}', ${events - 1}, ${events}, '${JSON.stringify(last)}', null)`,
  ];
}
