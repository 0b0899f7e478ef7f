/** Tries a stored model, and looks at its server for what would help. */
import { AppError } from '../domain/errors.ts';
import type { ModelRecord } from '../domain/model.ts';
import { adviceFor, type FoundModel, findInList } from './advice.ts';
import { discoverModels } from './discover.ts';
import type { ModelRegistry, ModelServer } from './registry.ts';
import { type ModelTestResult, testModel } from './try-model.ts';

export interface StoredModelTest extends Omit<ModelTestResult, 'remark'> {
  /** What would help, or what is odd about the answer, in a sentence; null where there is nothing to say. */
  readonly hint: string | null;
  /** What the model's server tells; null for models that run in this one. */
  readonly found: FoundModel | null;
}

/** What goes wrong at the model is in the result; other errors are thrown. */
export async function testStoredModel(models: ModelRegistry, record: ModelRecord): Promise<StoredModelTest> {
  const server = findServer(models, record);
  const [{ remark, ...result }, discovery] = await Promise.all([
    testModel(models, record),
    server && discoverModels({ ...server, dispatcher: models.dispatcherOf(record) }),
  ]);
  if (server === undefined || discovery === undefined) return { ...result, hint: remark, found: null };
  return {
    ...result,
    hint: result.ok ? remark : adviceFor(record.model, server, discovery),
    found: findInList(record.model, discovery),
  };
}

/** A model whose key can't be read has none; its test says why. */
function findServer(models: ModelRegistry, record: ModelRecord): ModelServer | undefined {
  try {
    return models.serverOf(record);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
