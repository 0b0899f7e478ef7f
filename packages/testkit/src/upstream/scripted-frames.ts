/** The frames of the scripted upstream, in both wire formats. Each call has an object of its own, which keeps state. */

export type Wire = 'openai' | 'anthropic';

export interface Frames {
  token(text: string, reasoning: boolean): string;
  toolCall(id: string, name: string, argumentPieces: readonly string[]): string;
  /** The frame that ends the answer. `reason` is a word of the wire format; default `stop` or `end_turn`. */
  finish(reason: string | undefined): string;
  /** `more` are fields of the wire format. */
  usage(promptTokens: number, completionTokens: number, more?: object): string;
  end(): string;
  error(type: string, message: string): string;
  ping(): string;
}

export function framesFor(wire: Wire, model: string): Frames {
  return wire === 'openai' ? openAiFrames(model) : anthropicFrames(model);
}

function openAiFrames(model: string): Frames {
  const head = `data: {"id":"chatcmpl-scripted","object":"chat.completion.chunk","created":1700000000,"model":${JSON.stringify(model)},"choices":[`;
  const choice = (delta: string, reason = 'null'): string =>
    `${head}{"index":0,"delta":${delta},"finish_reason":${reason}}]}\n\n`;
  let toolCalls = 0;
  return {
    token: (text, reasoning) =>
      choice(`{"${reasoning ? 'reasoning_content' : 'content'}":${JSON.stringify(text)}}`),
    toolCall: (id, name, pieces) => {
      const index = toolCalls++;
      const call = (fields: object): string => choice(JSON.stringify({ tool_calls: [{ index, ...fields }] }));
      const first = call({ id, type: 'function', function: { name, arguments: '' } });
      return first + pieces.map((piece) => call({ function: { arguments: piece } })).join('');
    },
    finish: (reason = 'stop') => choice('{}', JSON.stringify(reason)),
    usage: (prompt_tokens, completion_tokens, more) => {
      const total_tokens = prompt_tokens + completion_tokens;
      const usage = { prompt_tokens, completion_tokens, total_tokens, ...more };
      return `${head}],"usage":${JSON.stringify(usage)}}\n\n`;
    },
    end: () => 'data: [DONE]\n\n',
    error: (type, message) => `data: ${JSON.stringify({ error: { message, type, code: type } })}\n\n`,
    ping: () => ': ping\n\n',
  };
}

function anthropicFrames(model: string): Frames {
  let block = -1;
  let open: 'text' | 'thinking' | undefined;
  let started = false;
  let stopReason: string | undefined;
  const frame = (type: string, fields: object = {}): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const start = (): string => {
    if (started) return '';
    started = true;
    const usage = { input_tokens: 0, output_tokens: 0 };
    return frame('message_start', {
      message: { id: 'msg_scripted', role: 'assistant', model, content: [], usage },
    });
  };
  const close = (): string => {
    if (open === undefined) return '';
    open = undefined;
    return frame('content_block_stop', { index: block });
  };
  const begin = (content_block: object): string =>
    start() + close() + frame('content_block_start', { index: ++block, content_block });
  const delta = (fields: object): string => frame('content_block_delta', { index: block, delta: fields });
  const messageDelta = (usage: object): string =>
    frame('message_delta', { delta: { stop_reason: stopReason ?? null, stop_sequence: null }, usage });
  return {
    token: (text, reasoning) => {
      const kind = reasoning ? 'thinking' : 'text';
      const before = open === kind ? '' : begin({ type: kind, [kind]: '' });
      open = kind;
      return before + delta({ type: `${kind}_delta`, [kind]: text });
    },
    toolCall: (id, name, pieces) =>
      begin({ type: 'tool_use', id, name, input: {} }) +
      pieces.map((partial_json) => delta({ type: 'input_json_delta', partial_json })).join('') +
      frame('content_block_stop', { index: block }),
    finish: (reason = 'end_turn') => {
      stopReason = reason;
      return start() + close() + messageDelta({});
    },
    usage: (promptTokens, completionTokens, more) =>
      start() + messageDelta({ input_tokens: promptTokens, output_tokens: completionTokens, ...more }),
    end: () => frame('message_stop'),
    error: (type, message) => frame('error', { error: { type, message } }),
    ping: () => start() + frame('ping'),
  };
}
