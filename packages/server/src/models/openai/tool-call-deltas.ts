/** Puts the tool calls of an answer together from their deltas, as servers of OpenAI's format send them. */
import { argumentsText, type ToolCall, ToolCalls } from '../answer/tool-calls.ts';
import type { ModelPart } from '../language-model.ts';
import { isObject, type Upstream } from '../upstream/upstream-error.ts';

/** The key of a legacy `function_call`, of which an answer has only one. */
const legacyKey = 'function_call';

export class ToolCallDeltas {
  readonly #calls: ToolCalls;
  readonly #byKey = new Map<unknown, ToolCall>();
  readonly #all: ToolCall[] = [];
  #last: ToolCall | undefined;

  constructor(upstream: Upstream) {
    this.#calls = new ToolCalls(upstream);
  }

  /** Takes an item of `tool_calls`; false where there are more calls than are taken. @throws ModelError */
  take(delta: unknown): boolean {
    if (!isObject(delta)) return true;
    const definition = isObject(delta.function) ? delta.function : delta;
    return this.#add(delta.index, textOf(delta.id), definition);
  }

  /** Takes a delta of `function_call`. @throws ModelError */
  takeLegacy(definition: Record<string, unknown>): boolean {
    return this.#add(legacyKey, '', definition);
  }

  deliver(parts: ModelPart[]): void {
    for (const call of this.#all) this.#calls.deliver(call, parts);
  }

  #add(index: unknown, id: string, definition: Record<string, unknown>): boolean {
    const name = textOf(definition.name);
    const text = argumentsText(definition.arguments ?? definition.parameters);
    let call = this.#find(index, id);
    if (call === undefined || isAnother(call, id, name, text)) {
      call = this.#calls.begin(id, name);
      if (call === undefined) return false;
      this.#all.push(call);
    }
    call.id ||= id;
    call.name ||= name;
    this.#calls.extend(call, text);
    this.#last = call;
    const key = index ?? (id === '' ? undefined : id);
    if (key !== undefined && key !== null) this.#byKey.set(key, call);
    return true;
  }

  /** Deltas of a call share its `index`. Where there is none they share its id, or follow one another. */
  #find(index: unknown, id: string): ToolCall | undefined {
    if (index !== undefined && index !== null) return this.#byKey.get(index);
    return id === '' ? this.#last : this.#byKey.get(id);
  }
}

/**
 * Whether a delta that could belong to a call begins another one. Google repeats the index and Ollama leaves it out, but
 * they send each call whole, with an id or at least a name of its own. No JSON text goes on with `{` behind a `}`.
 */
function isAnother(call: ToolCall, id: string, name: string, text: string): boolean {
  if (id !== '' && call.id !== '' && id !== call.id) return true;
  if (name === '' || call.name === '') return false;
  if (name !== call.name) return true;
  return id === '' && text.startsWith('{') && call.lastUnit === '}';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
