/** Keeps with a model what its calls have shown, whoever made them. */
import type { LearntFacts, ModelRecord } from '../../domain/model.ts';
import type { Store } from '../../store/store.ts';

/** Never throws, and waits for nothing. */
export type Learn = (record: ModelRecord, facts: LearntFacts) => void;

export function createLearn(
  store: Pick<Store, 'execute'>,
  now: () => number,
  onTrouble: (error: unknown, message: string, details: object) => void,
): Learn {
  return ({ organizationId, id, updatedAt }, facts) => {
    store
      .execute('learnAboutModel', { organizationId, id, updatedAt, facts, now: now() })
      .catch((error: unknown) => onTrouble(error, 'a learnt fact could not be kept', { model: id }));
  };
}
