/**
 * The messages of a Chat Completions request.
 * Format: https://platform.openai.com/docs/api-reference/chat/create
 */
import type { SystemRole } from '../../domain/model.ts';
import { callIdIn } from '../call-ids.ts';
import {
  callsOf,
  type FittedMessages,
  partsOf,
  silence,
  type Turn,
  withSystemInFirstTurn,
} from '../fit-messages.ts';
import type { ModelMessagePart } from '../language-model.ts';

/** How servers differ in what they take as messages. */
export interface MessageQuirks {
  /** Whether what a developer said keeps that role; elsewhere it is told as the system's. Default false. */
  readonly developerRole?: boolean;
  /** The form of the ids of tool calls. Default: 40 characters at most. */
  readonly callIds?: RegExp;
  /** What each tool call of the history bears beside its function. Default: nothing. */
  readonly callExtras?: Readonly<Record<string, unknown>>;
}

const usualCallIds = /^.{1,40}$/s;

type Message = Readonly<Record<string, unknown>>;

export function toMessages(
  fitted: FittedMessages,
  systemRole: SystemRole,
  quirks: MessageQuirks,
): readonly Message[] {
  if (systemRole === 'user') return toTurns(withSystemInFirstTurn(fitted), quirks);
  const { system, instructions, turns } = fitted;
  const told =
    quirks.developerRole === true && systemRole === 'system'
      ? instructions.map(({ role, text }) => ({ role, content: text }))
      : [{ role: systemRole, content: system }];
  return [...(system === '' ? [] : told), ...toTurns(turns, quirks)];
}

function toTurns(turns: readonly Turn[], quirks: MessageQuirks): readonly Message[] {
  return turns.flatMap((turn, index): readonly Message[] => {
    if (turn.role === 'assistant') return [toAnswer(turn, quirks)];
    if (turn.role === 'user') return [{ role: 'user', content: toContent(turn) }];
    const results = (turn.parts ?? []).flatMap((part) =>
      part.type === 'tool-result'
        ? [{ role: 'tool', tool_call_id: callIdOf(part.id, quirks), content: part.result }]
        : [],
    );
    // Mistral, and templates in which user and assistant alternate, take no user's message right behind a tool's.
    const isInterrupted = turns[index + 1]?.role === 'user';
    return isInterrupted ? [...results, { role: 'assistant', content: silence }] : results;
  });
}

function toAnswer(turn: Turn, quirks: MessageQuirks): Message {
  const calls = callsOf(turn);
  const texts = partsOf(turn).flatMap((part) => (part.type === 'text' ? [part.text] : []));
  if (calls.length === 0) return { role: 'assistant', content: turn.text };
  return {
    role: 'assistant',
    content: texts.length === 0 ? null : texts.join('\n\n'),
    tool_calls: calls.map(({ id, name, arguments: given }) => ({
      id: callIdOf(id, quirks),
      type: 'function',
      function: { name, arguments: given },
      ...quirks.callExtras,
    })),
  };
}

function callIdOf(id: string, { callIds = usualCallIds }: MessageQuirks): string {
  return callIdIn(callIds, id);
}

function toContent(turn: Turn): unknown {
  const parts = partsOf(turn);
  if (parts.every(({ type }) => type === 'text')) return turn.text;
  return parts.flatMap(toContentPart);
}

function toContentPart(part: ModelMessagePart): readonly Message[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }];
  if (part.type !== 'image') return [];
  const { url, detail } = part;
  return [{ type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } }];
}
