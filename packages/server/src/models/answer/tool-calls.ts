/** The tool calls of one answer, bounded in number and size. */
import type { ModelPart } from '../language-model.ts';
import { malformed, type Upstream } from '../upstream/upstream-error.ts';

/** The most calls of one answer. */
const maxCalls = 128;
/** The most characters of all calls of one answer together. */
const maxCharacters = 1 << 20;
/** The most characters of a call's id, and of its name. */
const maxNameCharacters = 256;

export interface ToolCall {
  id: string;
  name: string;
  /** JSON, as far as it has come. To look at its characters costs as much as it is long. */
  arguments: string;
  /** The last UTF-16 unit of `arguments`; empty where there is none. */
  lastUnit: string;
}

export class ToolCalls {
  readonly #upstream: Upstream;
  readonly #ids = new Set<string>();
  #calls = 0;
  #characters = 0;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  /** Undefined where the answer has as many calls as are taken. */
  begin(id: string, name: string): ToolCall | undefined {
    if (this.#calls >= maxCalls) return undefined;
    this.#calls += 1;
    return { id, name, arguments: '', lastUnit: '' };
  }

  /** Appends to a call's arguments. @throws ModelError where they are too long */
  extend(call: ToolCall, text: string): void {
    this.#characters += text.length;
    if (this.#characters > maxCharacters) throw malformed(this.#upstream, 'tool calls that are too long');
    if (text === '') return;
    call.arguments += text;
    call.lastUnit = text.slice(-1);
  }

  /** Appends a whole call. An id that is missing, or that an earlier call has, is replaced by one of ours. */
  deliver(call: ToolCall, parts: ModelPart[]): void {
    const said = call.id.slice(0, maxNameCharacters);
    const id = said === '' || this.#ids.has(said) ? this.#newId() : said;
    this.#ids.add(id);
    const name = call.name.slice(0, maxNameCharacters);
    parts.push({
      type: 'tool-call',
      id,
      name,
      arguments: call.arguments.trim() === '' ? '{}' : call.arguments,
    });
  }

  #newId(): string {
    let n = this.#ids.size;
    while (this.#ids.has(`call_${n}`)) n += 1;
    return `call_${n}`;
  }
}

/** Arguments as a provider gives them: JSON text, or the value itself. */
export function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : '';
}
