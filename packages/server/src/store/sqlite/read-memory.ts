/**
 * What administrators have set and every turn reads (keys, personas, models), kept until a command may have changed it.
 * It is never older than the last answer of such a command: one server alone writes the file, and all of its writes pass
 * the store, which forgets everything before it gives the answer on. So a key that is revoked stops at once.
 */
import type { CommandName } from '../command.ts';
import type { ReadMemory } from '../statement.ts';

/** Commands that change nothing of it. They come with every turn; any other one may change it. */
export const commandsOfTurns = [
  'acceptTurn',
  'finishGeneration',
  'setGeneratedTitle',
  'indexSearch',
  'ensureEndUser',
] as const satisfies readonly CommandName[];

const ofTurns: ReadonlySet<CommandName> = new Set(commandsOfTurns);
const maxKept = 2000;

export class SqliteReadMemory implements ReadMemory {
  readonly #kept = new Map<string, Promise<unknown>>();

  remember<T>(key: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept as Promise<T>;
    // It counts from here on: a command that is answered while this is read makes it forgotten.
    const reading = read();
    this.#kept.set(key, reading);
    const drop = (): void => {
      if (this.#kept.get(key) === reading) this.#kept.delete(key);
    };
    reading.then((found) => {
      if (found === undefined) drop();
    }, drop);
    if (this.#kept.size > maxKept) this.#kept.delete(this.#kept.keys().next().value as string);
    return reading;
  }

  /** A command has been answered, or its answer was lost. */
  commandEnded(name: CommandName): void {
    if (!ofTurns.has(name)) this.#kept.clear();
  }
}
