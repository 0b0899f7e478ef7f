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
  | 'extraBody'
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
  // A model has a key of one kind; what is said of the other kind does not take it away.
  if (before.apiKeyEncrypted !== null && changes.apiKeyEncrypted === undefined) demand('api_key');
  if (before.apiKeyEnv !== null && changes.apiKeyEnv === undefined) {
    demand(changes.apiKeyEncrypted === undefined ? 'api_key' : 'api_key_env');
  }
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

/** What says where a key of the server's environment goes, and what it pays for; the names are those of the API. */
const boundToServersKey = {
  baseUrl: 'base_url',
  provider: 'provider',
  model: 'model',
  sealedHeaders: 'headers',
  sealedQuery: 'query',
  extraBody: 'extra_body',
} as const satisfies Partial<Record<keyof ModelFields, string>>;

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
  // Otherwise an organization's admin could have the operator's key sent to a server of their own, by way of a gateway
  // too, which goes where headers, parameters or fields say; or have it pay for any model.
  for (const [name, field] of Object.entries(boundToServersKey) as [
    keyof typeof boundToServersKey,
    string,
  ][]) {
    const [next, last] = [after[name], before?.[name] ?? null];
    if (next !== last && !(isUnset(next) && isUnset(last)))
      refuse(field, "the model uses a key of the server's");
  }
}
