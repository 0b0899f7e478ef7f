/**
 * What a Chat Completions request asks for beside its messages: tools, the form of the answer, hints.
 * Format: https://platform.openai.com/docs/api-reference/chat/create
 */
import {
  type Asked,
  type HintName,
  hintNames,
  type ResponseFormat,
  type ToolChoice,
  type ToolDefinition,
} from '../../domain/request/tools.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What servers of the format take whose documentation says nothing else; one that refuses it is asked without it. */
const usualHints: readonly HintName[] = ['reasoning_effort'];

/** Every hint that OpenAI documents. */
export const allHints: readonly HintName[] = hintNames;

export function fieldsOfAsked(asked: Asked, known: readonly HintName[] = usualHints): Fields {
  const { tools = [], toolChoice, parallelToolCalls, responseFormat, hints = {} } = asked;
  const hasTools = tools.length > 0;
  return {
    ...Object.fromEntries(
      known.map((name) => [name, hints[name]]).filter(([, value]) => value !== undefined),
    ),
    ...(hasTools && { tools: tools.map(toTool) }),
    ...(hasTools && toolChoice !== undefined && { tool_choice: toChoice(toolChoice) }),
    ...(hasTools && parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
    ...(responseFormat !== undefined && { response_format: toFormat(responseFormat) }),
  };
}

function toTool({ name, description, parameters, strict }: ToolDefinition): Fields {
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      ...(parameters !== undefined && { parameters }),
      ...(strict !== undefined && { strict }),
    },
  };
}

function toChoice(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

function toFormat(format: ResponseFormat): Fields {
  if (format.type === 'json_object') return { type: 'json_object' };
  const { name, description, schema, strict } = format;
  return {
    type: 'json_schema',
    json_schema: {
      name,
      ...(description !== undefined && { description }),
      schema,
      ...(strict !== undefined && { strict }),
    },
  };
}
