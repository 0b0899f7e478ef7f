/**
 * The messages of a Messages request as blocks, and what it asks for beside them.
 * Format: https://docs.anthropic.com/en/api/messages
 */
import type { Asked, ToolChoice, ToolDefinition } from '../../domain/request/tools.ts';
import { parseForeignJson } from '../../domain/text/json.ts';
import { callIdIn } from '../call-ids.ts';
import { callsOf, partsOf, type Turn } from '../fit-messages.ts';
import type { ModelMessagePart } from '../language-model.ts';
import { isObject } from '../upstream/upstream-error.ts';

type Block = Readonly<Record<string, unknown>>;
export interface AnthropicMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string | readonly Block[];
}

const callIds = /^[a-zA-Z0-9_-]{1,64}$/;
/** The format wants a schema of each tool. */
const noArguments = { type: 'object', properties: {} };

/** The results of tools are the user's, before what the user says next. */
export function toMessages(turns: readonly Turn[]): readonly AnthropicMessage[] {
  const messages: AnthropicMessage[] = [];
  for (const [index, turn] of turns.entries()) {
    const role = turn.role === 'assistant' ? 'assistant' : 'user';
    // The API refuses blanks at the end of an answer that it is to continue.
    const isOpen = role === 'assistant' && index === turns.length - 1;
    const content = contentOf(isOpen ? { ...turn, text: turn.text.trimEnd() } : turn);
    const before = messages.at(-1);
    if (before?.role === role)
      messages[messages.length - 1] = { role, content: [...blocksIn(before.content), ...blocksIn(content)] };
    else messages.push({ role, content });
  }
  return messages;
}

function contentOf(turn: Turn): string | readonly Block[] {
  return turn.parts === undefined ? turn.text : partsOf(turn).flatMap(toBlock);
}

function blocksIn(content: AnthropicMessage['content']): readonly Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function toBlock(part: ModelMessagePart): readonly Block[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'image':
      return [{ type: 'image', source: toSource(part.url) }];
    case 'tool-call': {
      const { id, name } = part;
      return [{ type: 'tool_use', id: callIdIn(callIds, id), name, input: toInput(part.arguments) }];
    }
    case 'tool-result': {
      const { id, result } = part;
      const said = result.trim() === '' ? {} : { content: result };
      return [{ type: 'tool_result', tool_use_id: callIdIn(callIds, id), ...said }];
    }
  }
}

function toSource(url: string): Block {
  const [, type, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
  if (data === undefined) return { type: 'url', url };
  return { type: 'base64', media_type: type, data };
}

/** The format wants an object; a model of another provider may have written something else. */
function toInput(text: string): unknown {
  try {
    const input = parseForeignJson(text);
    return isObject(input) ? input : { value: input };
  } catch {
    return { value: text };
  }
}

/** Tools, their choice, and the form of the answer; an answer can have the form of a schema alone. */
export function fieldsOfAsked(asked: Asked, turns: readonly Turn[]): Block {
  const { tools = [], toolChoice, parallelToolCalls, responseFormat } = asked;
  const format = responseFormat?.type === 'json_schema' && {
    output_config: { format: { type: 'json_schema', schema: responseFormat.schema } },
  };
  if (tools.length === 0) return { ...toolsOfHistory(turns), ...format };
  const choice = toChoice(toolChoice ?? 'auto');
  const alone = parallelToolCalls === false && choice.type !== 'none' && { disable_parallel_tool_use: true };
  const isSaid = toolChoice !== undefined || alone !== false;
  return {
    tools: tools.map(toTool),
    ...(isSaid && { tool_choice: { ...choice, ...alone } }),
    ...format,
  };
}

function toChoice(choice: ToolChoice): Block {
  if (typeof choice !== 'string') return { type: 'tool', name: choice.name };
  return { type: choice === 'required' ? 'any' : choice };
}

function toTool({ name, description, parameters = noArguments, strict }: ToolDefinition): Block {
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: { ...parameters, type: 'object' },
    ...(strict === true && { strict }),
  };
}

/** Calls in the history want the tools to be there, though none may be called. */
function toolsOfHistory(turns: readonly Turn[]): Block {
  const names = new Set(turns.flatMap((turn) => callsOf(turn).map(({ name }) => name)));
  if (names.size === 0) return {};
  const tools = [...names].map((name) => ({ name, input_schema: noArguments }));
  return { tools, tool_choice: { type: 'none' } };
}
