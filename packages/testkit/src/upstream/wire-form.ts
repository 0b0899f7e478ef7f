/** What hosted providers refuse of a request's form, in both wire formats: fields, roles, parts, calls and their results. */
import type { RecordedRequest } from './scripted-upstream.ts';

export interface FormRules {
  /** The form of ids of tool calls. */
  readonly callIds?: RegExp;
  /** No user's message stands right behind a tool's. */
  readonly noUserAfterTool?: boolean;
  readonly noDeveloperRole?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = {
  openai: [
    ...[
      'model',
      'messages',
      'stream',
      'stream_options',
      'max_tokens',
      'max_completion_tokens',
      'temperature',
    ],
    ...['top_p', 'stop', 'seed', 'presence_penalty', 'frequency_penalty', 'tools', 'tool_choice'],
    ...['parallel_tool_calls', 'response_format', 'reasoning_effort', 'verbosity', 'prompt_cache_key'],
    ...['prompt_cache_options', 'prompt_cache_retention', 'service_tier', 'prediction'],
  ],
  anthropic: [
    ...['model', 'messages', 'stream', 'max_tokens', 'system', 'temperature', 'top_p', 'stop_sequences'],
    ...['tools', 'tool_choice', 'output_config', 'thinking'],
  ],
} as const;

/** The fault of a request as the provider would tell it; undefined where there is none. */
export function faultOfWire(rules: FormRules, { wire, body = {} }: RecordedRequest): string | undefined {
  const fields = body as Fields;
  const known: readonly string[] = fieldsOf[wire];
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined)
    return wire === 'openai'
      ? `Unrecognized request argument supplied: ${unknown}`
      : `${unknown}: Extra inputs are not permitted`;
  return wire === 'openai' ? faultOfOpenAi(rules, fields) : faultOfAnthropic(fields);
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value : [];
}

function faultOfOpenAi(rules: FormRules, body: Fields): string | undefined {
  const messages = list(body.messages);
  const format = body.response_format as Fields | undefined;
  const schema = format?.json_schema as Fields | undefined;
  if (
    format?.type === 'json_schema' &&
    (typeof schema?.name !== 'string' || typeof schema.schema !== 'object')
  )
    return "Missing required parameter: 'response_format.json_schema.name'.";
  if (body.tools !== undefined && list(body.tools).length === 0) return "[] is too short - 'tools'";
  if (body.tools === undefined && body.tool_choice !== undefined)
    return "'tool_choice' is only allowed when 'tools' are specified.";
  if (body.tools === undefined && body.parallel_tool_calls !== undefined)
    return "'parallel_tool_calls' is only allowed when 'tools' are specified.";
  const choice = body.tool_choice as { function?: Fields } | string | undefined;
  const named = typeof choice === 'object' ? choice.function?.name : undefined;
  const names = list(body.tools).map((tool) => (tool.function as Fields | undefined)?.name);
  if (typeof choice === 'object' && !names.includes(named)) return 'Tool choice names no tool.';
  let open: unknown[] = [];
  for (const [index, message] of messages.entries()) {
    const where = `messages.[${index}]`;
    const { role, content } = message;
    if (rules.noDeveloperRole && role === 'developer')
      return `${where}.role: 'developer' is not one of ['system', 'assistant', 'user', 'tool']`;
    if (role === 'tool') {
      if (!open.includes(message.tool_call_id))
        return `${where}: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.`;
      open = open.filter((id) => id !== message.tool_call_id);
      continue;
    }
    if (open.length > 0)
      return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${open.join(', ')}`;
    if (rules.noUserAfterTool && role === 'user' && messages[index - 1]?.role === 'tool')
      return "Unexpected role 'user' after role 'tool'";
    const calls = list(message.tool_calls);
    if (content === null && calls.length === 0)
      return `Invalid value for 'content': expected a string, got null.`;
    if (Array.isArray(content)) {
      if (role !== 'user') return `${where}.content: only text is allowed here`;
      const odd = list(content).find(
        ({ type, image_url: image }) =>
          type !== 'text' &&
          !(type === 'image_url' && /^(?:https:|data:image\/)/.test(String((image as Fields)?.url))),
      );
      if (odd !== undefined) return `Invalid value: '${String(odd.type)}' in ${where}.content`;
    }
    open = calls.map(({ id }) => id);
    const form = rules.callIds ?? /^.{1,40}$/s;
    const wrong = open.find((id) => !form.test(String(id)));
    if (wrong !== undefined) return `Tool call id was ${String(wrong)} but must match ${form.source}`;
    if (new Set(open).size < open.length) return `${where}: duplicate tool call ids`;
  }
  return open.length > 0 ? `tool_calls without response: ${open.join(', ')}` : undefined;
}

function faultOfAnthropic(body: Fields): string | undefined {
  const messages = list(body.messages);
  const format = (body.output_config as { format?: Fields } | undefined)?.format;
  if (format !== undefined && (format.type !== 'json_schema' || typeof format.schema !== 'object'))
    return 'output_config.format: Input should be a json_schema';
  const choice = body.tool_choice as Fields | undefined;
  const tools = list(body.tools);
  if (choice !== undefined && tools.length === 0)
    return 'tool_choice may only be specified while providing tools';
  if (choice?.type === 'tool' && !tools.some(({ name }) => name === choice.name)) return 'Tool not found';
  for (const tool of tools)
    if ((tool.input_schema as Fields | undefined)?.type !== 'object')
      return 'tools.0.custom.input_schema.type: Field required';
  const thinks = ((body.thinking as Fields | undefined)?.type ?? 'disabled') !== 'disabled';
  if (thinks && (choice?.type === 'any' || choice?.type === 'tool'))
    return 'Thinking may not be enabled when tool_choice forces tool use.';
  let open: unknown[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const where = `messages.${index}`;
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : list(content);
    const results = blocks.filter(({ type }) => type === 'tool_result');
    const answered = results.map(({ tool_use_id }) => tool_use_id);
    if (blocks.some(({ type }, at) => type === 'tool_result' && at >= results.length))
      return `${where}: tool_result blocks must come first`;
    if (answered.some((id) => !open.includes(id)))
      return `${where}.content.0: unexpected tool_use_id found in tool_result blocks`;
    const missing = open.filter((id) => !answered.includes(id));
    if (missing.length > 0)
      return `${where}: tool_use ids were found without tool_result blocks immediately after: ${missing.join(', ')}`;
    const uses = blocks.filter(({ type }) => type === 'tool_use');
    if (uses.length > 0 && tools.length === 0)
      return 'Requests which include `tool_use` or `tool_result` blocks in the messages must define any tools.';
    if (uses.length > 0 && role !== 'assistant')
      return `${where}: tool_use blocks can only be in assistant messages`;
    if (thinks && uses.length > 0 && index === messages.length - 2)
      return `${where}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`tool_use\`.`;
    const odd = blocks.find((block) => !isBlock(block));
    if (odd !== undefined) return `${where}.content: Input tag '${String(odd.type)}' found is not valid`;
    open = uses.map(({ id }) => id);
    if (new Set(open).size < open.length) return `${where}: tool_use ids must be unique`;
  }
  return open.length > 0 ? 'tool_use ids were found without tool_result blocks' : undefined;
}

function isBlock({ type, text, source, id, input }: Fields): boolean {
  const from = source as Fields | undefined;
  switch (type) {
    case 'text':
      return typeof text === 'string' && text.trim() !== '';
    case 'image':
      return from?.type === 'url'
        ? String(from.url).startsWith('https:')
        : from?.type === 'base64' &&
            /^image\//.test(String(from.media_type)) &&
            typeof from.data === 'string';
    case 'tool_use':
      return /^[a-zA-Z0-9_-]+$/.test(String(id)) && typeof input === 'object' && !Array.isArray(input);
    case 'tool_result':
      return true;
    default:
      return false;
  }
}
