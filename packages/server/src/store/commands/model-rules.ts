/** Which fields of a model must or must not go together, and which of them only the operator may set. */
import { AppError, invalid } from '../../domain/errors.ts';
import { isAddressed, isBuiltIn, type ModelRecord, presetProvider } from '../../domain/model.ts';

export type ModelFields = Pick<
  ModelRecord,
  | 'provider'
  | 'preset'
  | 'model'
  | 'baseUrl'
  | 'apiKeyEncrypted'
  | 'apiKeyEnv'
  | 'sealedHeaders'
  | 'sealedQuery'
>;

/**
 * Checks a model that is created (`before` is absent) or changed.
 * @throws AppError invalid_request, forbidden
 */
export function checkModel(after: ModelFields, before: ModelFields | undefined, byOperator: boolean): void {
  checkTogether(after);
  if (!byOperator) checkOperatorsFields(after, before);
}

/** Names of the fields in the API. */
const fieldOf = {
  baseUrl: 'base_url',
  apiKeyEnv: 'api_key_env',
  apiKeyEncrypted: 'api_key',
  sealedHeaders: 'headers',
  sealedQuery: 'query',
} as const;

/** Whether a value is null, or a set of headers or parameters without any. */
function isUnset(value: object | string | null): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/**
 * What was written for one server is not sent to another unless it is written again: who may change an address could
 * read it there.
 * @throws AppError invalid_request
 */
export function checkGivenAnew(before: ModelFields, changes: Partial<ModelFields>): void {
  const moved = (['provider', 'baseUrl'] as const).find(
    (name) => changes[name] !== undefined && changes[name] !== before[name],
  );
  if (moved === undefined) return;
  const cause = moved === 'baseUrl' ? 'base_url' : 'provider';
  const demand = (field: string): never => {
    throw invalid(field, `${field} must be given anew, or as null, where ${cause} changes`);
  };
  const hasKey = before.apiKeyEncrypted !== null || before.apiKeyEnv !== null;
  if (hasKey && changes.apiKeyEncrypted === undefined && changes.apiKeyEnv === undefined) demand('api_key');
  for (const name of ['sealedHeaders', 'sealedQuery'] as const) {
    if (!isUnset(before[name]) && changes[name] === undefined) demand(fieldOf[name]);
  }
}

function checkTogether(after: ModelFields): void {
  if (isAddressed(after.provider) && after.baseUrl === null) {
    throw invalid('base_url', `base_url is required for the provider ${after.provider}`);
  }
  if (isBuiltIn(after.provider)) {
    const given = (Object.keys(fieldOf) as (keyof typeof fieldOf)[]).find((name) => !isUnset(after[name]));
    const field = given && fieldOf[given];
    if (field !== undefined) {
      throw invalid(field, `${field} must be absent for the provider ${after.provider}`);
    }
  }
  if (after.preset !== null && after.provider !== presetProvider) {
    throw invalid('preset', `preset must be absent for the provider ${after.provider}`);
  }
  if (after.apiKeyEncrypted !== null && after.apiKeyEnv !== null) {
    throw invalid('api_key_env', 'api_key_env must be absent where api_key is given');
  }
}

function checkOperatorsFields(after: ModelFields, before: ModelFields | undefined): void {
  const refuse = (field: string, why: string): never => {
    throw new AppError('forbidden', `${field} may only be set by the operator's admin key, because ${why}`, {
      field,
    });
  };
  const pathChanged = before?.provider !== 'local' || before.model !== after.model;
  if (after.provider === 'local' && pathChanged) refuse('model', 'it is a path on the server');
  if (after.apiKeyEnv === null) return;
  if (after.apiKeyEnv !== before?.apiKeyEnv) {
    refuse('api_key_env', "it reads the server's environment");
  }
  // Otherwise an organization's admin could have the operator's key sent to a server of their own.
  if (after.baseUrl !== before?.baseUrl) refuse('base_url', "the model uses a key of the server's");
  if (after.provider !== before?.provider) refuse('provider', "the model uses a key of the server's");
}
