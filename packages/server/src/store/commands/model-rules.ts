/** What a model's fields must be together, and which of them are the operator's alone. */
import { AppError, invalid } from '../../domain/errors.ts';
import { isAddressed, isBuiltIn, type Provider } from '../../domain/model.ts';

export interface ModelFields {
  readonly provider: Provider;
  readonly model: string;
  readonly base_url: string | null;
  readonly api_key_encrypted: string | null;
  readonly api_key_env: string | null;
}

/**
 * Checks a model that is made (`before` absent) or changed.
 * @throws AppError invalid_request, forbidden
 */
export function checkModel(after: ModelFields, before: ModelFields | undefined, byOperator: boolean): void {
  checkTogether(after);
  if (!byOperator) checkOperatorsFields(after, before);
}

function checkTogether(after: ModelFields): void {
  if (isAddressed(after.provider) && after.base_url === null) {
    throw invalid('base_url', `base_url: the provider ${after.provider} needs one`);
  }
  if (isBuiltIn(after.provider)) {
    const given = (['base_url', 'api_key_env'] as const).find((name) => after[name] !== null);
    const field = given ?? (after.api_key_encrypted === null ? undefined : 'api_key');
    if (field !== undefined) {
      throw invalid(field, `${field}: the provider ${after.provider} takes none`);
    }
  }
  if (after.api_key_encrypted !== null && after.api_key_env !== null) {
    throw invalid('api_key_env', 'api_key_env: give either api_key or api_key_env, not both');
  }
}

function checkOperatorsFields(after: ModelFields, before: ModelFields | undefined): void {
  const refuse = (field: string, why: string): never => {
    throw new AppError('forbidden', `${field}: ${why}, and so for the operator's admin key alone`, { field });
  };
  const pathChanged = before?.provider !== 'local' || before.model !== after.model;
  if (after.provider === 'local' && pathChanged) refuse('model', 'it is a path on the server');
  if (after.api_key_env === null) return;
  if (after.api_key_env !== before?.api_key_env) {
    refuse('api_key_env', "it reads the server's environment");
  }
  // Else an organization's admin could have the operator's key sent to a server of their own.
  if (after.base_url !== before?.base_url) refuse('base_url', "the model uses a key of the server's");
  if (after.provider !== before?.provider) refuse('provider', "the model uses a key of the server's");
}
