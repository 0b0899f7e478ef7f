/** Lets turns in as far as their key's limits allow, and settles what they have cost once they ended. */
import { AppError } from '../../domain/errors.ts';
import type { Limiter, Reservation } from '../../limits/limiter.ts';
import type { IdempotencyClaim } from '../../store/command.ts';
import { isClaimed } from '../../store/queries/idempotency.ts';
import type { Database } from '../../store/store.ts';
import type { TurnRequest } from '../turn.ts';

/** Assumed length of an answer, in tokens, when no `max_tokens` is set. */
const expectedAnswerTokens = 256;
const bytesPerToken = 4;

export class Admission {
  readonly #limiter: Limiter;
  readonly #reads: Database;
  /** Reservations of live generations, by the generation's id. */
  readonly #open = new Map<string, Reservation>();

  constructor(reads: Database, limiter: Limiter) {
    this.#reads = reads;
    this.#limiter = limiter;
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
    const reservation = await this.#reserve(request, claim);
    try {
      const accepted = await accept();
      if (reservation !== undefined && accepted.isNew)
        this.#open.set(accepted.turn.generationId, reservation);
      else reservation?.refund();
      return accepted;
    } catch (error) {
      reservation?.refund();
      throw error;
    }
  }

  /** The generation has ended, or is no longer this process's. */
  ended(generationId: string, tokens: number): void {
    this.#open.get(generationId)?.settle(tokens);
    this.#open.delete(generationId);
  }

  async #reserve(
    request: TurnRequest,
    claim: IdempotencyClaim | undefined,
  ): Promise<Reservation | undefined> {
    const { apiKeyId, limits, target, maxTokens } = request;
    if (apiKeyId === null || limits === undefined || Object.keys(limits).length === 0) return undefined;
    const text = target.kind === 'message' ? '' : target.text;
    const estimate = Math.ceil(Buffer.byteLength(text) / bytesPerToken) + (maxTokens ?? expectedAnswerTokens);
    try {
      return await this.#limiter.reserve(apiKeyId, limits, estimate);
    } catch (error) {
      const isRetry = claim !== undefined && (await isClaimed(this.#reads, claim));
      if (error instanceof AppError && isRetry) return undefined;
      throw error;
    }
  }
}
