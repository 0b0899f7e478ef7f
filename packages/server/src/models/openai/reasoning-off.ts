/** Which fields ask for an answer without reasoning, where a server is known to take them. */
import { isObject } from '../upstream/upstream-error.ts';

/** Fields of a request's body. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a server's documentation names for a model; undefined where it names nothing, or the model can't do without. */
export type ReasoningOff = (model: string) => Fields | undefined;

/**
 * `reasoning_effort` by the names of models: the first pattern that fits says the lowest effort that they take.
 * @param efforts anchored patterns, since names are looked at that anybody may have written
 */
export function byEffort(efforts: readonly (readonly [pattern: RegExp, effort: string])[]): ReasoningOff {
  return (model) => {
    const found = efforts.find(([pattern]) => pattern.test(model.slice(0, 200)));
    return found && { reasoning_effort: found[1] };
  };
}

/** The chat templates of Qwen, GLM, Granite and DeepSeek; the others pass over what they do not know. */
export const byTemplate: ReasoningOff = () => ({
  chat_template_kwargs: { enable_thinking: false, thinking: false },
});

/**
 * The fields for a model: what its provider documents, and what the model's own settings show that the server takes.
 * Undefined where nobody knows how.
 */
export function reasoningOff(documented: Fields | undefined, extraBody: Fields = {}): Fields | undefined {
  const off: Record<string, unknown> = { ...documented };
  for (const [name, value] of Object.entries(extraBody)) {
    const without = withoutThinking(name, value, documented?.[name]);
    if (without !== undefined) off[name] = without;
  }
  return Object.keys(off).length === 0 ? undefined : off;
}

/** The value that a field has instead, where it is one about reasoning. */
function withoutThinking(name: string, value: unknown, documented: unknown): unknown {
  switch (name) {
    case 'reasoning_effort':
      return value === 'none' || value === 'minimal' ? value : (documented ?? 'low');
    case 'enable_thinking':
    case 'think':
      return false;
    case 'thinking':
      return isObject(value) ? { type: 'disabled' } : undefined;
    case 'reasoning':
      return isObject(value) ? { effort: 'none' } : undefined;
    case 'chat_template_kwargs':
      return isObject(value) ? ofTemplate(value, documented) : undefined;
    default:
      return undefined;
  }
}

function ofTemplate(given: Fields, documented: unknown): Fields | undefined {
  const switched = Object.keys(given).flatMap((name): [string, unknown][] => {
    if (name === 'enable_thinking' || name === 'thinking') return [[name, false]];
    return name === 'reasoning_effort' ? [[name, 'low']] : [];
  });
  if (switched.length === 0 && !isObject(documented)) return undefined;
  return { ...given, ...(isObject(documented) ? documented : {}), ...Object.fromEntries(switched) };
}
