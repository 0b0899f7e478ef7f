/**
 * Fits the messages of a request to what all wire formats and the strictest chat templates take: one system text, then
 * turns that alternate, the first and the last of them the user's, none of them blank.
 */
import { AppError } from '../domain/errors.ts';
import type { GreetingRole } from '../domain/model.ts';
import { isBlank } from '../domain/text/blank.ts';
import type { ModelMessage, ModelRequest } from './language-model.ts';

export interface FittedMessages {
  /** Empty if there are no instructions. */
  readonly system: string;
  /** At least one. The last is an assistant's only with `continueLast`. */
  readonly turns: readonly Turn[];
  readonly continueLast: boolean;
}

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** Stands for a turn in which the user said nothing; some providers refuse an empty one. */
const silence = '…';

const greetingPrefix = 'You have begun this conversation with the following message:\n\n';

/**
 * Neighbours of one role are joined with a blank line, blank messages are left out. What the assistant said before the
 * user's first message (a greeting) goes to the end of the system text, or, as an `assistant`'s, behind a turn in which the
 * user says nothing. With `continueLast` the last message keeps its
 * text to the letter at the end of its turn; if it is blank, there is nothing to continue, and a new answer is asked for.
 * @throws AppError invalid_request, where no message is left
 */
export function fitMessages(
  request: Pick<ModelRequest, 'messages' | 'continueLast'>,
  greetingRole: GreetingRole = 'system',
): FittedMessages {
  const { messages } = request;
  const last = messages.at(-1);
  const continueLast = request.continueLast === true && last?.role === 'assistant' && !isBlank(last.text);
  const { system, turns } = joinNeighbours(messages);
  if (turns.length === 0) {
    throw new AppError('invalid_request', 'there is no message to answer: all messages are blank');
  }
  if (turns[0]?.role === 'assistant') {
    // A greeting that is being continued can't be told of as past.
    const isContinued = continueLast && turns.length === 1;
    if (isContinued || greetingRole === 'assistant') turns.unshift({ role: 'user', text: silence });
    else system.push(greetingPrefix + (turns.shift() as Turn).text);
  }
  if (!continueLast && turns.at(-1)?.role !== 'user') turns.push({ role: 'user', text: silence });
  return { system: system.join('\n\n'), turns, continueLast };
}

function joinNeighbours(messages: readonly ModelMessage[]): { system: string[]; turns: Turn[] } {
  const system: string[] = [];
  const turns: Turn[] = [];
  for (const { role, text } of messages) {
    if (isBlank(text)) continue;
    if (role === 'system') {
      system.push(text);
      continue;
    }
    const before = turns.at(-1);
    if (before?.role === role) turns[turns.length - 1] = { role, text: `${before.text}\n\n${text}` };
    else turns.push({ role, text });
  }
  return { system, turns };
}

/** The turns for a model that knows no system role: the instructions stand before the user's first words. */
export function withSystemInFirstTurn({ system, turns }: FittedMessages): readonly Turn[] {
  const [first, ...rest] = turns;
  if (system === '' || first === undefined) return turns;
  return [{ role: first.role, text: `${system}\n\n${first.text}` }, ...rest];
}
