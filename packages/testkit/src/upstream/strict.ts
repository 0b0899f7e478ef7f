/** A provider that refuses what strict servers refuse: forms of a history, parameters, long prompts. */
import { echo, refuse } from './scripted-answers.ts';
import { type RecordedRequest, type Script, type ScriptSource, textOf } from './scripted-upstream.ts';
import { type FormRules, faultOfWire } from './wire-form.ts';

/** What a strict provider refuses; all that is absent is taken. */
export interface Strictness {
  /** Roles must alternate after the system message. */
  readonly alternating?: boolean;
  /** The first message that is no system message must be a user's. */
  readonly firstIsUser?: boolean;
  readonly lastIsUser?: boolean;
  /** No message may be empty or hold only blanks. */
  readonly noBlankContent?: boolean;
  /** There is no system role. */
  readonly noSystemRole?: boolean;
  /** Parameters that are not known, each refused alone. */
  readonly refused?: readonly string[];
  /** The form of the request is that of the wire format, in everything, with these rules besides. */
  readonly form?: FormRules;
  /** Tokens of prompt and answer together. */
  readonly windowTokens?: number;
  /** How a prompt that is too long is told of. Default: in the words of the wire format's first provider. */
  readonly overflow?: (figures: { window: number; prompt: number; answer: number }) => string;
}

interface Message {
  readonly role: string;
  readonly content: unknown;
  readonly tool_calls?: unknown;
}

/** Plays `then` for requests that the rules allow, and a refusal with status 400 for all others. */
export function strict(rules: Strictness, then: ScriptSource = echo): (request: RecordedRequest) => Script {
  return (request) => {
    const fault = faultOf(rules, request);
    if (fault !== undefined) return refuse(400, { type: 'invalid_request_error', message: fault });
    return typeof then === 'function' ? then(request) : then;
  };
}

/** Tokens of a prompt as this provider counts them: a token for three characters, and four for each message. */
export function countStrictly(request: RecordedRequest): number {
  const system = request.body?.system ?? '';
  const messages = request.body?.messages ?? [];
  const texts = [...(system === '' ? [] : [system]), ...messages.map(({ content }) => textOf(content))];
  return texts.reduce((sum, text) => sum + Math.ceil(text.length / 3) + 4, 0);
}

function faultOf(rules: Strictness, request: RecordedRequest): string | undefined {
  const messages: readonly Message[] = request.body?.messages ?? [];
  const parameter = rules.refused?.find((name) => request.body?.[name] !== undefined);
  return (
    (parameter === undefined
      ? undefined
      : `Unsupported parameter: '${parameter}' is not supported with this model.`) ??
    faultOfForm(rules, messages) ??
    (rules.form === undefined ? undefined : faultOfWire(rules.form, request)) ??
    faultOfLength(rules, request)
  );
}

function faultOfForm(rules: Strictness, messages: readonly Message[]): string | undefined {
  const system = messages.findIndex(({ role }) => role !== 'user' && role !== 'assistant');
  const turns = system === 0 ? messages.slice(1) : messages;
  if (messages.length === 0) return "'messages' must not be empty";
  if (rules.noSystemRole && system >= 0) return 'System role not supported';
  if (
    rules.noBlankContent &&
    messages.some(({ content, tool_calls: calls }) => calls === undefined && isBlank(content))
  )
    return 'all messages must have non-empty content';
  if (rules.firstIsUser && turns[0]?.role !== 'user')
    return 'the first message must have the role of the user';
  if (rules.lastIsUser && !['user', 'tool'].includes(turns.at(-1)?.role ?? ''))
    return 'the conversation must end with a user message';
  // Calls and their results stand between.
  const spoken = turns.filter(({ role, tool_calls: calls }) => role !== 'tool' && calls === undefined);
  const alternates = spoken.every(({ role }, index) => role === (index % 2 === 0 ? 'user' : 'assistant'));
  if (rules.alternating && !alternates)
    return 'Conversation roles must alternate user/assistant/user/assistant/...';
  return undefined;
}

function isBlank(content: unknown): boolean {
  return Array.isArray(content) ? content.length === 0 : textOf(content).trim() === '';
}

function faultOfLength(
  { windowTokens: window, overflow }: Strictness,
  request: RecordedRequest,
): string | undefined {
  if (window === undefined) return undefined;
  const prompt = countStrictly(request);
  const answer = Number(request.body?.max_tokens ?? request.body?.max_completion_tokens ?? 0);
  if (prompt + answer <= window) return undefined;
  if (overflow !== undefined) return overflow({ window, prompt, answer });
  if (request.wire === 'anthropic') {
    return prompt > window
      ? `prompt is too long: ${prompt} tokens > ${window} maximum`
      : `input length and \`max_tokens\` exceed context limit: ${prompt} + ${answer} > ${window}, decrease input length or \`max_tokens\` and try again`;
  }
  const asked = `${prompt + answer} tokens (${prompt} in the messages, ${answer} in the completion)`;
  return `This model's maximum context length is ${window} tokens. However, you requested ${asked}. Please reduce the length of the messages or completion.`;
}
