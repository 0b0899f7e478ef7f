/**
 * Fits the messages of a request to what all wire formats and the strictest chat templates take: one system text, then
 * turns that alternate, the first of them the user's, the last the user's or a tool's, none of them blank, and behind each
 * turn with tool calls a turn with their results.
 */
import { AppError } from '../domain/errors.ts';
import type { GreetingRole } from '../domain/model.ts';
import { noResult } from '../domain/request/tools.ts';
import { isBlank } from '../domain/text/blank.ts';
import type { ModelMessage, ModelMessagePart, ModelRequest } from './language-model.ts';

export interface FittedMessages {
  /** All instructions; empty if there are none. */
  readonly system: string;
  /** The same by who gives them, neighbours of one role joined. */
  readonly instructions: readonly Instruction[];
  /** At least one. The last is an assistant's only with `continueLast`. */
  readonly turns: readonly Turn[];
  readonly continueLast: boolean;
}

export interface Instruction {
  readonly role: 'system' | 'developer';
  readonly text: string;
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** All that it says, where it says more than a text. Those of a tool's turn are the results of the calls before it. */
  readonly parts?: readonly ModelMessagePart[];
}

export type ToolCallPart = Extract<ModelMessagePart, { type: 'tool-call' }>;
export type ToolResultPart = Extract<ModelMessagePart, { type: 'tool-result' }>;

/** Stands for a turn in which nobody said anything; some providers refuse an empty one. */
export const silence = '…';

const greetingPrefix = 'You have begun this conversation with the following message:\n\n';

/**
 * Neighbours of one role are joined with a blank line, blank messages are left out. What the assistant said before the
 * user's first message (a greeting) goes to the end of the system text, or, as an `assistant`'s, behind a turn in which the
 * user says nothing. With `continueLast` the last message keeps its
 * text to the letter at the end of its turn; if it is blank, there is nothing to continue, and a new answer is asked for.
 * A call without a result gets one that says so; a result without its call is left out.
 * @throws AppError invalid_request, where no message is left
 */
export function fitMessages(
  request: Pick<ModelRequest, 'messages' | 'continueLast'>,
  greetingRole: GreetingRole = 'system',
): FittedMessages {
  const { messages } = request;
  const last = messages.at(-1);
  const isOpen = last?.role === 'assistant' && !isBlank(last.text) && callsOf(last).length === 0;
  const continueLast = request.continueLast === true && isOpen;
  const { instructions, turns } = joinNeighbours(messages);
  const [first] = turns;
  if (first === undefined) {
    throw new AppError('invalid_request', 'there is no message to answer: all messages are blank');
  }
  if (first.role === 'assistant') {
    // A greeting that is being continued can't be told of as past.
    const isContinued = continueLast && turns.length === 1;
    const isGreeting = !isContinued && greetingRole === 'system' && callsOf(first).length === 0;
    if (isGreeting) instruct(instructions, 'system', greetingPrefix + (turns.shift() as Turn).text);
    else turns.unshift({ role: 'user', text: silence });
  }
  const end = turns.at(-1);
  if (!continueLast && (end === undefined || end.role === 'assistant'))
    turns.push({ role: 'user', text: silence });
  const system = instructions.map(({ text }) => text).join('\n\n');
  return { system, instructions, turns, continueLast };
}

function joinNeighbours(messages: readonly ModelMessage[]): { instructions: Instruction[]; turns: Turn[] } {
  const instructions: Instruction[] = [];
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    const { role } = message;
    // A tool's messages are read with the calls that they answer.
    if (role === 'tool' || saysNothing(message)) continue;
    if (role === 'system' || role === 'developer') {
      instruct(instructions, role, message.text);
      continue;
    }
    const turn = { role, text: message.text, ...(message.parts !== undefined && { parts: message.parts }) };
    const before = turns.at(-1);
    if (before?.role === role) turns[turns.length - 1] = joined(before, turn);
    else turns.push(turn);
    const calls = callsOf(message);
    if (calls.length > 0)
      turns.push({ role: 'tool', text: '', parts: resultsOf(calls, messages, index + 1) });
  }
  return { instructions, turns };
}

function instruct(instructions: Instruction[], role: Instruction['role'], text: string): void {
  const before = instructions.at(-1);
  if (before?.role === role)
    instructions[instructions.length - 1] = { role, text: `${before.text}\n\n${text}` };
  else instructions.push({ role, text });
}

function saysNothing({ text, parts }: ModelMessage): boolean {
  return isBlank(text) && !parts?.some(({ type }) => type === 'image' || type === 'tool-call');
}

function joined(one: Turn, other: Turn): Turn {
  const text =
    isBlank(one.text) || isBlank(other.text) ? one.text + other.text : `${one.text}\n\n${other.text}`;
  if (one.parts === undefined && other.parts === undefined) return { role: one.role, text };
  return { role: one.role, text, parts: [...partsOf(one), ...partsOf(other)] };
}

/** All that a turn says, without blank texts. */
export function partsOf({ text, parts = [{ type: 'text', text }] }: Turn): readonly ModelMessagePart[] {
  return parts.filter((part) => part.type !== 'text' || !isBlank(part.text));
}

export function callsOf({ parts = [] }: Pick<ModelMessage, 'parts'>): readonly ToolCallPart[] {
  return parts.filter((part) => part.type === 'tool-call');
}

/** One result for each call, in their order, from the tools' messages before the next one of somebody else. */
function resultsOf(
  calls: readonly ToolCallPart[],
  messages: readonly ModelMessage[],
  from: number,
): readonly ToolResultPart[] {
  const given: ToolResultPart[] = [];
  for (let index = from; index < messages.length; index += 1) {
    const message = messages[index] as ModelMessage;
    if (message.role === 'tool') {
      for (const part of message.parts ?? []) if (part.type === 'tool-result') given.push(part);
    } else if ((message.role === 'user' || message.role === 'assistant') && !saysNothing(message)) break;
  }
  return calls.map(
    ({ id }) => given.find((result) => result.id === id) ?? { type: 'tool-result', id, result: noResult },
  );
}

/** The turns for a model that knows no system role: the instructions stand before the user's first words. */
export function withSystemInFirstTurn({
  system,
  turns,
}: Pick<FittedMessages, 'system' | 'turns'>): readonly Turn[] {
  const [first, ...rest] = turns;
  if (system === '' || first === undefined) return turns;
  return [joined({ role: first.role, text: system }, first), ...rest];
}

/**
 * The turns for a model that takes texts alone: calls, results and images are told of in words. Only what an earlier
 * model did or was shown comes to that; a request of today that asks for it is refused before.
 */
export function asTexts(turns: readonly Turn[]): readonly Turn[] {
  const told: Turn[] = [];
  for (const turn of turns) {
    const role = turn.role === 'tool' ? 'user' : turn.role;
    const text = turn.parts === undefined ? turn.text : partsOf(turn).map(inWords).join('\n\n');
    const before = told.at(-1);
    if (before?.role === role) told[told.length - 1] = joined(before, { role, text });
    else told.push({ role, text });
  }
  return told;
}

function inWords(part: ModelMessagePart): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'image':
      return '[an image]';
    case 'tool-call':
      return `[call of ${part.name}: ${part.arguments}]`;
    case 'tool-result':
      return `[result: ${part.result}]`;
  }
}
