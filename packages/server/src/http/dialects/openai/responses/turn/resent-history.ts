/** SDKs send the whole history each time. Where it is that of a stored answer, the turn goes on behind that answer. */
import type { MessagePart, MessageRole } from '../../../../../domain/message.ts';
import type { Scope } from '../../../../../domain/scope.ts';
import { normalizeNewlines } from '../../../../../domain/text/newlines.ts';
import { findGeneration } from '../../../../../store/queries/generations.ts';
import { type HistoryEntry, readHistory } from '../../../../../store/queries/histories.ts';
import { findMessageParts, type MessageParts } from '../../../../../store/queries/message-parts.ts';
import { findMessage } from '../../../../../store/queries/messages.ts';
import type { Database } from '../../../../../store/store.ts';
import type { ItemReference } from '../../ids.ts';
import type { ChainEntry } from '../../request/turn-chain.ts';

type Entry = ChainEntry & { readonly stored?: ItemReference | undefined };

export interface Resent {
  readonly answer: MessageParts;
  /** How many of the entries its history and itself are. */
  readonly count: number;
}

/** The newest stored answer that an entry is part of, if the entries up to there are its history and itself. */
export async function resentThrough(
  entries: readonly Entry[],
  reads: Database,
  scope: Scope,
): Promise<Resent | undefined> {
  const index = entries.findLastIndex(({ stored, role }) => stored !== undefined && role === 'assistant');
  const stored = entries[index]?.stored;
  if (stored === undefined) return undefined;
  const message = await findMessage(reads, scope, stored.messageId);
  if (message?.generationId == null) return undefined;
  const generation = await findGeneration(reads, scope, message.generationId);
  if (generation === undefined || generation.parameters.prompt !== undefined) return undefined;
  const answer = await findMessageParts(reads, message.id);
  if (answer === undefined || answer.isLive) return undefined;
  const behind = entries.slice(index).findIndex(({ role }) => role !== 'assistant');
  const count = behind === -1 ? entries.length : index + behind;
  // With nothing behind it there is nothing to answer.
  if (count === entries.length) return undefined;
  const given = joined(entries.slice(0, count));
  const history = (await readHistory(reads, answer.id, given.length + 1)).reverse();
  const isSame =
    history.length === given.length &&
    given.every((one, at) => said(one.role, one.parts) === saidByStored(history[at], one.role));
  return isSame ? { answer, count } : undefined;
}

interface Said {
  readonly role: MessageRole;
  readonly parts: readonly MessagePart[];
}

function joined(entries: readonly Entry[]): readonly Said[] {
  const all: Said[] = [];
  for (const { role, joins, parts } of entries) {
    const before = all.at(-1);
    if (joins && before?.role === role) all[all.length - 1] = { role, parts: [...before.parts, ...parts] };
    else all.push({ role, parts });
  }
  return all;
}

function saidByStored(entry: HistoryEntry | undefined, role: MessageRole): string | undefined {
  if (entry === undefined || entry.role !== role) return undefined;
  const { text, richParts } = entry;
  if (richParts === null) return said(role, [{ type: 'text', text }]);
  return said(role, JSON.parse(richParts) as readonly MessagePart[]);
}

/** What counts of a message: its text, its calls, its results, and how many images it has. */
function said(role: MessageRole, parts: readonly MessagePart[]): string {
  const texts = parts.flatMap((part) => (part.type === 'text' ? [normalizeNewlines(part.text)] : []));
  const calls = parts.flatMap((part) =>
    part.type === 'tool-call' ? [[part.name, canonical(part.arguments)]] : [],
  );
  const results = parts.flatMap((part) => (part.type === 'tool-result' ? [part.result] : []));
  const images = parts.filter(({ type }) => type === 'image').length;
  return JSON.stringify([texts.join(role === 'assistant' ? '' : '\n\n'), calls, results, images]);
}

function canonical(json: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(json)));
  } catch {
    return json;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, child]) => [name, sorted(child)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
