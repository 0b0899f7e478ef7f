/** Whether the store answers and stores, for `/readyz`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import type { Store } from '../store.ts';
import type { AroundCommand } from './observed-store.ts';

export interface Availability {
  /** Learns from a command whether the store can write. */
  readonly aroundCommand: AroundCommand;
  /** `ready` while reads are answered; `problems` names what is wrong, also where only writes fail. */
  look(): Promise<{ readonly ready: boolean; readonly problems: readonly string[] }>;
}

/** A store that has not answered by then counts as one that does not. */
const longestMs = 3000;

export function watchAvailability(store: Store): Availability {
  let writeProblem: string | undefined;
  return {
    async aroundCommand(_command, run) {
      try {
        const result = await run();
        writeProblem = undefined;
        return result;
      } catch (error) {
        if (error instanceof AppError && error.code === 'overloaded' && error.cause instanceof Error) {
          writeProblem = `nothing can be stored: ${error.cause.message}`;
        }
        throw error;
      }
    },
    async look() {
      const timeout = new AbortController();
      try {
        const late = sleep(longestMs, undefined, { signal: timeout.signal, ref: false }).then(() => {
          throw new Error(`no answer within ${longestMs / 1000} s`);
        });
        await Promise.race([store.isReady(), late]);
        return { ready: true, problems: writeProblem === undefined ? [] : [writeProblem] };
      } catch (error) {
        return { ready: false, problems: [`the store does not answer: ${reasonOf(error)}`] };
      } finally {
        timeout.abort();
      }
    },
  };
}

/** The words of what caused it, which name no credentials. */
function reasonOf(error: unknown): string {
  if (error instanceof AppError && error.cause instanceof Error) return reasonOf(error.cause);
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
