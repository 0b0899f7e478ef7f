/** The limits that are counted in the store: who is counted, what is left, and reservations for single calls. */
import { AppError } from '../domain/errors.ts';
import { newId } from '../domain/ids.ts';
import {
  type SubjectLimits,
  secondsUntilReset,
  storedLimitNames,
  subjectName,
} from '../domain/limits/limits.ts';
import type { Scope } from '../domain/scope.ts';
import { type Consumed, hasStoredLimit, readConsumed } from '../store/queries/consumption.ts';
import type { Store } from '../store/store.ts';
import type { LimitState } from './limiter.ts';

/** Names of subjects that are remembered as counted; a forgotten one is looked up again. */
const maxRemembered = 50_000;
/** A refusal is noted again after this time at the earliest, in milliseconds. */
const notedMs = 60_000;

export interface CallEstimate {
  readonly tokens: number;
  readonly cost: number;
}

function isStoring({ limits }: SubjectLimits): boolean {
  return limits.storage_bytes !== undefined;
}

/** Stored messages are measured for those alone who have a limit of them. */
function countName(one: SubjectLimits): string {
  return isStoring(one) ? `${subjectName(one)}:storage_bytes` : subjectName(one);
}

export class StoredLimits {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #counted = new Set<string>();
  /** When refusals for budgets were noted last. */
  readonly #noted = new Map<string, number>();

  /** @param now epoch milliseconds */
  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Gives those subjects that have a limit in the store, after making sure that they are counted. */
  async counted(
    organizationId: string,
    subjects: readonly SubjectLimits[],
  ): Promise<readonly SubjectLimits[]> {
    const bound = subjects.filter((one) => hasStoredLimit(one.limits));
    const fresh = bound.filter((one) => !this.#counted.has(countName(one)));
    if (fresh.length === 0) return bound;
    await this.#store.execute('beginCounting', {
      organizationId,
      subjects: fresh.map((one) => ({ subject: one.subject, id: one.id, isStoring: isStoring(one) })),
      now: this.#now(),
    });
    if (this.#counted.size > maxRemembered) this.#counted.clear();
    for (const one of fresh) this.#counted.add(countName(one));
    return bound;
  }

  /** Gives those subjects that have a limit of what they store, after making sure that it is measured. */
  async ofStorage(
    organizationId: string,
    subjects: readonly SubjectLimits[],
  ): Promise<readonly SubjectLimits[]> {
    return await this.counted(organizationId, subjects.filter(isStoring));
  }

  /** A subject turned out not to be counted, since its row went with what it belonged to. */
  forget(subjects: readonly SubjectLimits[]): void {
    for (const one of subjects) this.#counted.delete(countName(one));
  }

  /** If it is a budget that refused a call, webhooks are told that it is reached, once a month. */
  async noteRefusal(
    error: unknown,
    subjects: readonly SubjectLimits[],
    { environment }: Pick<Scope, 'environment'>,
  ): Promise<void> {
    const { limit } = error instanceof AppError ? error.details : {};
    if (limit?.name !== 'budget_per_month') return;
    const subject = subjects.find((one) => one.subject === limit.subject);
    if (subject === undefined) return;
    const now = this.#now();
    const name = subjectName(subject);
    // Whoever goes on calling is refused again and again.
    if (now - (this.#noted.get(name) ?? Number.NEGATIVE_INFINITY) < notedMs) return;
    if (this.#noted.size > maxRemembered) this.#noted.clear();
    this.#noted.set(name, now);
    try {
      await this.#store.execute('noteBudgetReached', { subject, environment, now });
    } catch {
      // The caller gets the refusal all the same; the next one notes it.
      this.#noted.delete(name);
    }
  }

  consumed(subjects: readonly SubjectLimits[]): Promise<ReadonlyMap<string, Consumed>> {
    return readConsumed(this.#store.reads, subjects, this.#now());
  }

  /** Where the limits stand that are counted in the store. A subject that is not counted yet has used nothing. */
  async states(subjects: readonly SubjectLimits[]): Promise<readonly LimitState[]> {
    const bound = subjects.filter((one) => hasStoredLimit(one.limits));
    const consumed = await this.consumed(bound);
    const now = this.#now();
    return bound.flatMap((one) =>
      storedLimitNames.flatMap((name): LimitState[] => {
        const limit = one.limits[name];
        if (limit === undefined) return [];
        const used = consumed.get(subjectName(one))?.[name] ?? 0;
        const moreInSeconds = used === 0 ? 0 : secondsUntilReset(name, now);
        return [{ subject: one.subject, id: one.id, name, limit, used, moreInSeconds }];
      }),
    );
  }

  /**
   * Reserves for a call beside the answers. The reservation ends when the call is stored with this id.
   * @throws AppError quota_exhausted
   */
  async reserveCall(
    call: { readonly organizationId: string; readonly generationId: string | null; readonly owner: number },
    subjects: readonly SubjectLimits[],
    estimate: CallEstimate,
  ): Promise<string | undefined> {
    const bound = await this.counted(call.organizationId, subjects);
    if (bound.length === 0) return undefined;
    const id = newId();
    const { generationId, owner } = call;
    const args = { id, generationId, owner, subjects: bound, ...estimate, now: this.#now() };
    try {
      await this.#store.execute('reserveCall', args);
    } catch (error) {
      if (error instanceof AppError && error.code === 'overloaded') this.forget(bound);
      throw error;
    }
    return id;
  }

  async release(reservationId: string): Promise<void> {
    await this.#store.execute('releaseCall', { id: reservationId });
  }
}
