/** The messages of a request as a chain: neighbours of one kind are joined, and calls have their results behind them. */
import { invalid } from '../../../../domain/errors.ts';
import type { MessagePart } from '../../../../domain/message.ts';
import type { TurnMessage } from '../../../../generation/turn.ts';

export interface ChainEntry extends TurnMessage {
  /** Where it stands in the request. */
  readonly path: string;
  /** Whether it is joined with the one before where both are an assistant's, or both results. */
  readonly joins: boolean;
}

/** Messages with a hundred parts are joined from as many items at most: ids of parts have two digits. */
const maxParts = 4096;

/**
 * `storedCalls`: the calls of the stored answer before it, whose results it may begin with.
 * @throws AppError invalid_request: a result without its call, or a call without its result before the next message
 */
export function toChain(
  entries: readonly ChainEntry[],
  storedCalls: ReadonlySet<string>,
): readonly TurnMessage[] {
  const chain: TurnMessage[] = [];
  const stored = new Set(storedCalls);
  /** Calls of the message before that have no result yet, and where they stand. */
  let open = new Map<string, string>();
  for (const { path, joins, role, parts, ...more } of entries) {
    const before = chain.at(-1);
    const isJoined = joins && before?.role === role && before.parts.length + parts.length <= maxParts;
    const isFirst = before === undefined || (isJoined && chain.length === 1);
    if (role === 'tool') answerCalls(parts, path, open, isFirst ? stored : new Set());
    else if (!isJoined) requireResults(open);
    if (role === 'assistant') {
      if (!isJoined) open = new Map();
      for (const part of parts) if (part.type === 'tool-call') open.set(part.id, path);
    }
    if (isJoined && before !== undefined)
      chain[chain.length - 1] = { ...before, parts: [...before.parts, ...parts] };
    else chain.push({ role, parts, ...more });
  }
  // The last calls are answered by nobody, so nothing could come behind them.
  requireResults(open);
  return chain;
}

function answerCalls(
  parts: readonly MessagePart[],
  path: string,
  open: Map<string, string>,
  stored: Set<string>,
): void {
  for (const part of parts) {
    if (part.type !== 'tool-result' || open.delete(part.id) || stored.delete(part.id)) continue;
    throw invalid(
      path,
      `${path}: there is no call ${JSON.stringify(part.id)} before its result, or it has one already`,
    );
  }
}

function requireResults(open: ReadonlyMap<string, string>): void {
  const [first] = open;
  if (first === undefined) return;
  const [id, path] = first;
  throw invalid(path, `${path}: the call ${JSON.stringify(id)} has no result before the next message`);
}
