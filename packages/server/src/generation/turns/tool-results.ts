/** Results of tools that a client gives for the calls of a session's last answer. */
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import type { MessagePart } from '../../domain/message.ts';
import { partOfCall } from '../../domain/request/call-ids.ts';
import type { Scope } from '../../domain/scope.ts';
import { findMessageParts, type MessageParts } from '../../store/queries/message-parts.ts';
import { findSessionBasis } from '../../store/queries/run-basis.ts';
import type { Database } from '../../store/store.ts';
import type { TurnRequestTarget } from '../turn.ts';

export interface ToolResult {
  readonly callId: string;
  readonly output: string;
}

/**
 * The turn that goes on behind the calls. Errors name the fields `results` and `results[i].call_id`.
 * @throws AppError not_found (session), session_busy, invalid_request (a call that is unknown, answered, given twice or
 *   without its result)
 */
export async function behindCalls(
  reads: Database,
  scope: Scope,
  sessionId: string,
  results: readonly ToolResult[],
): Promise<Extract<TurnRequestTarget, { kind: 'behind' }>> {
  const found = await findSessionBasis(reads, scope, sessionId);
  if (found === undefined) throw notFound('session');
  const { id, headMessageId } = found.session;
  const head = headMessageId === null ? undefined : await findMessageParts(reads, headMessageId);
  if (head !== undefined && head.generationId !== null && head.isLive)
    throw new AppError('session_busy', 'the session is still answering', {
      generation_id: head.generationId,
    });
  const calls = head?.role === 'assistant' ? callsOf(head) : [];
  const given = new Map<string, string>();
  for (const [index, { callId, output }] of results.entries()) {
    const field = `results[${index}].call_id`;
    const known = calls.find((call) => call.id === callId.toLowerCase());
    if (known === undefined) throw invalid(field, `${field}: ${await whyNot(reads, id, callId)}`);
    if (given.has(known.id)) throw invalid(field, `${field}: this call has another result in results`);
    given.set(known.id, output);
  }
  const missing = calls.find((call) => !given.has(call.id));
  if (missing !== undefined || head === undefined)
    throw invalid('results', `results: there is none for the call ${missing?.id}`);
  const parts = calls.map(
    (call): MessagePart => ({ type: 'tool-result', id: call.id, result: given.get(call.id) ?? '' }),
  );
  return {
    kind: 'behind',
    messageId: head.id,
    messages: [{ role: 'tool', parts }],
    onlyAtHead: true,
    continues: true,
  };
}

function callsOf({ parts }: MessageParts) {
  return parts.filter((part) => part.type === 'tool-call');
}

async function whyNot(reads: Database, sessionId: string, callId: string): Promise<string> {
  const meant = partOfCall(callId);
  const message = meant && (await findMessageParts(reads, meant.messageId));
  const isCall = message?.sessionId === sessionId && message.parts[meant?.part ?? -1]?.type === 'tool-call';
  return isCall
    ? 'this call is not of the last answer; it has been answered'
    : 'the session has no such call';
}
