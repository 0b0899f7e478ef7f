/**
 * Who may send at the same time: a few things for each webhook, some more for each organization, and half of all places are
 * kept for webhooks that do not fail, so that receivers that are slow or dead delay nobody else's deliveries.
 */
import type { DueWebhook } from '../store/queries/webhooks.ts';

export const allPlaces = 64;
const placesOfFailing = 32;
const placesOfOrganization = 16;
const placesOfWebhook = 4;

export class Places {
  readonly #taken = new Set<DueWebhook>();

  get isFull(): boolean {
    return this.#taken.size >= allPlaces;
  }

  /** How many places a webhook may take now. */
  roomFor({ id, organizationId, isFailing }: DueWebhook): number {
    let [failing, ofOrganization, ofWebhook] = [0, 0, 0];
    for (const one of this.#taken) {
      if (one.isFailing) failing += 1;
      if (one.organizationId === organizationId) ofOrganization += 1;
      if (one.id === id) ofWebhook += 1;
    }
    const room = Math.min(
      allPlaces - this.#taken.size,
      isFailing ? placesOfFailing - failing : allPlaces,
      placesOfOrganization - ofOrganization,
      (isFailing ? 1 : placesOfWebhook) - ofWebhook,
    );
    return Math.max(0, room);
  }

  /** Takes a place until the result is disposed of. */
  take(webhook: DueWebhook): Disposable {
    const taken = { ...webhook };
    this.#taken.add(taken);
    return { [Symbol.dispose]: () => void this.#taken.delete(taken) };
  }
}
