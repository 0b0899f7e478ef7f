/** Lets turns in as far as the limits of their caller allow, and settles what they have cost once they ended. */
import { AppError } from '../../domain/errors.ts';
import type { Limiter, Taken } from '../../limits/limiter.ts';
import type { StoredLimits } from '../../limits/stored-limits.ts';
import type { IdempotencyClaim } from '../../store/command.ts';
import { isClaimed } from '../../store/queries/idempotency.ts';
import type { Database } from '../../store/store.ts';
import { assumedAnswerTokens, bytesPerToken } from '../calls/call-bounds.ts';
import type { TurnRequest } from '../turn.ts';
import { wordsIn } from './new-messages.ts';

export class Admission {
  readonly #limiter: Limiter;
  readonly #stored: StoredLimits;
  readonly #reads: Database;
  /** What live generations have taken, by the generation's id. */
  readonly #open = new Map<string, Taken>();

  constructor(reads: Database, limiter: Limiter, stored: StoredLimits) {
    this.#reads = reads;
    this.#limiter = limiter;
    this.#stored = stored;
  }

  /**
   * Runs `accept` for a turn that the limits admit. A turn that attaches to what was there uses nothing up, also
   * where the limits would admit no new one.
   * @throws AppError rate_limited, and what `accept` throws
   */
  async around<A extends { readonly isNew: boolean; readonly turn: { readonly generationId: string } }>(
    request: TurnRequest,
    claim: IdempotencyClaim | undefined,
    accept: () => Promise<A>,
  ): Promise<A> {
    const taken = await this.#take(request, claim);
    try {
      const accepted = await accept();
      if (taken !== undefined && accepted.isNew) this.#open.set(accepted.turn.generationId, taken);
      else taken?.refund();
      return accepted;
    } catch (error) {
      taken?.refund();
      const { limits = [], scope } = request;
      if (error instanceof AppError && error.code === 'overloaded') this.#stored.forget(limits);
      await this.#stored.noteRefusal(error, limits, scope);
      throw error;
    }
  }

  /** The generation has ended, or is no longer this process's. */
  ended(generationId: string, tokens: number): void {
    this.#open.get(generationId)?.end(tokens);
    this.#open.delete(generationId);
  }

  async #take(request: TurnRequest, claim: IdempotencyClaim | undefined): Promise<Taken | undefined> {
    const { limits = [], target, maxTokens = assumedAnswerTokens } = request;
    if (limits.length === 0) return undefined;
    const text = target.kind === 'message' ? '' : wordsIn(target.messages);
    const estimate = Math.ceil(Buffer.byteLength(text) / bytesPerToken) + maxTokens;
    const wanted = { requests_per_minute: 1, concurrent_streams: 1, tokens_per_minute: estimate };
    try {
      return await this.#limiter.take(limits, wanted);
    } catch (error) {
      const isRetry = claim !== undefined && (await isClaimed(this.#reads, claim));
      if (error instanceof AppError && isRetry) return undefined;
      throw error;
    }
  }
}
