/**
 * The body of a call, and what is sent in its place where the provider refuses a parameter or a role: the same without
 * it, or with it under its other name. What was refused is left out of later calls of the model.
 */
import type { LearntFacts, RefusableParameter } from '../../domain/model.ts';
import type { ModelError } from '../model-error.ts';

/** The most bodies that a call sends after its first one because something was refused. */
const mostRevisions = 2;

/** The two names of the bound on the answer's length. */
const boundNames: readonly RefusableParameter[] = ['max_tokens', 'max_completion_tokens'];

/** Whether an answer is asked for as a stream: as the model is set, until its server refuses to stream. */
export function asksForStream(
  stream: boolean | undefined,
  refused: ReadonlySet<RefusableParameter>,
): boolean {
  return stream !== false && !refused.has('stream');
}

export interface WrittenBody {
  readonly fields: Readonly<Record<string, unknown>>;
  /** What of it can be left out or named otherwise. */
  readonly holds: readonly RefusableParameter[];
}

export interface BodyWriter {
  /** What a request can do without, by the rules of its format. */
  readonly dispensable: readonly RefusableParameter[];
  /** Writes the request's body without what is refused. */
  write(refused: ReadonlySet<RefusableParameter>): WrittenBody;
}

/** What a model is known to refuse. */
export class RefusalMemory {
  readonly #refused: Set<RefusableParameter>;
  readonly #onLearnt: ((facts: LearntFacts) => void) | undefined;

  constructor(options: {
    readonly learnt?: LearntFacts | undefined;
    readonly onLearnt?: ((facts: LearntFacts) => void) | undefined;
  }) {
    this.#refused = new Set(options.learnt?.refusedParameters);
    this.#onLearnt = options.onLearnt;
  }

  get refused(): ReadonlySet<RefusableParameter> {
    return this.#refused;
  }

  learn(names: readonly RefusableParameter[]): void {
    const fresh = names.filter((name) => !this.#refused.has(name));
    if (fresh.length === 0) return;
    for (const name of fresh) this.#refused.add(name);
    this.#onLearnt?.({ refusedParameters: fresh });
  }
}

/** The body of one call. */
export class RequestBody {
  readonly #memory: RefusalMemory;
  readonly #writer: BodyWriter;
  readonly #refused: Set<RefusableParameter>;
  #written: WrittenBody;
  #revisions = 0;
  /** What was left out since the last body that was refused, and what the refusal said. */
  #unproven: RefusableParameter[] = [];
  #refusal = '';

  constructor(memory: RefusalMemory, writer: BodyWriter) {
    this.#memory = memory;
    this.#writer = writer;
    this.#refused = new Set(memory.refused);
    this.#written = writer.write(this.#refused);
  }

  /** Its JSON. */
  get text(): string {
    return JSON.stringify(this.#written.fields);
  }

  /** The JSON to send after this error; undefined: none that the provider would take for certain. */
  revise(error: ModelError): string | undefined {
    // The same words again mean that they were about something else.
    if (error.message !== this.#refusal) this.accepted();
    const { holds } = this.#written;
    const name = error.refused.find((one) => holds.includes(one));
    if (name === undefined || this.#revisions >= mostRevisions) return undefined;
    this.#revisions += 1;
    this.#refusal = error.message;
    this.#unproven.push(name);
    this.#refused.add(name);
    const isLast = this.#revisions === mostRevisions;
    this.#written = this.#writer.write(isLast ? this.#barest() : this.#refused);
    return this.text;
  }

  /** The provider has taken the body. */
  accepted(): void {
    if (this.#unproven.length > 0) this.#memory.learn(this.#unproven);
    this.#unproven = [];
  }

  /** The last body does without all that is dispensable; a bound that has its other name by now is kept. */
  #barest(): ReadonlySet<RefusableParameter> {
    const isBoundRenamed = boundNames.some((name) => this.#refused.has(name));
    const left = this.#writer.dispensable.filter((name) => !isBoundRenamed || !boundNames.includes(name));
    return new Set([...this.#refused, ...left]);
  }
}

/** Leaves fields out of a body, by the parameters that they stand for. */
export function withoutRefused(
  fields: Readonly<Record<string, unknown>>,
  refused: ReadonlySet<RefusableParameter>,
  fieldsOf: Readonly<Partial<Record<RefusableParameter, readonly string[]>>>,
): WrittenBody {
  const kept = { ...fields };
  const holds: RefusableParameter[] = [];
  for (const [name, places] of Object.entries(fieldsOf) as [RefusableParameter, readonly string[]][]) {
    for (const place of places) {
      if (kept[place] === undefined) continue;
      if (refused.has(name)) delete kept[place];
      else holds.push(name);
    }
  }
  return { fields: kept, holds };
}
