/**
 * The units of a history that go to a model together or not at all: a tool call with its results, or one message.
 * Histories are read newest first, page by page.
 */
import type { MessagePart } from '../../domain/message.ts';
import type { ChainEntry } from '../../store/queries/histories.ts';

export interface HistoryUnit<Entry extends ChainEntry> {
  /** Oldest first; there is at least one. */
  readonly entries: readonly Entry[];
  /** False for an empty message, or a tool's results without their calls; neither goes to a model. */
  readonly isSendable: boolean;
}

/** Messages per page: a usual history in one, a long one in few. */
export const firstPageSize = 64;
const laterPageSize = 256;

/** The units of a history, newest first. `read` gives a message and its ancestors, newest first, at most `limit`. */
export async function* historyUnits<Entry extends ChainEntry>(
  messageId: string,
  read: (messageId: string, limit: number) => Promise<readonly Entry[]>,
): AsyncGenerator<HistoryUnit<Entry>, void> {
  const builder = new UnitBuilder<Entry>();
  let limit = firstPageSize;
  let from: string | null = messageId;
  while (from !== null) {
    const page: readonly Entry[] = await read(from, limit);
    for (const entry of page) yield* builder.push(entry);
    from = page.length < limit ? null : (page[page.length - 1]?.parentId ?? null);
    limit = laterPageSize;
  }
  yield* builder.end();
}

/** Puts tool calls together with their results. */
class UnitBuilder<Entry extends ChainEntry> {
  /** Messages of tools, newest first, whose call has not come by yet. */
  #results: Entry[] = [];

  /** The next older message; gives the units that are whole now, newest first. */
  push(entry: Entry): HistoryUnit<Entry>[] {
    if (entry.role === 'tool') {
      this.#results.push(entry);
      return [];
    }
    const alone = { entries: [entry], isSendable: !entry.isEmpty || entry.richParts !== null };
    if (this.#results.length === 0) return [alone];
    const results = this.#results;
    this.#results = [];
    const calls = entry.role === 'assistant' ? idsOf(entry, 'tool-call') : new Set<string>();
    const isAnswer = (result: Entry): boolean => {
      const ids = idsOf(result, 'tool-result');
      return ids.size > 0 && ids.isSubsetOf(calls);
    };
    const answers = results.filter(isAnswer);
    if (answers.length === 0) return [...results.map(orphan), alone];
    // Of calls that nobody has answered, the model is told so.
    const pair = { entries: [entry, ...answers.reverse()], isSendable: true };
    return [...results.filter((result) => !isAnswer(result)).map(orphan), pair];
  }

  /** There are no older messages. */
  end(): HistoryUnit<Entry>[] {
    const rest = this.#results.map(orphan);
    this.#results = [];
    return rest;
  }
}

function orphan<Entry extends ChainEntry>(entry: Entry): HistoryUnit<Entry> {
  return { entries: [entry], isSendable: false };
}

function idsOf(entry: ChainEntry, type: 'tool-call' | 'tool-result'): Set<string> {
  if (entry.richParts === null) return new Set();
  const parts = JSON.parse(entry.richParts) as readonly MessagePart[];
  return new Set(parts.flatMap((part) => (part.type === type ? [part.id] : [])));
}
