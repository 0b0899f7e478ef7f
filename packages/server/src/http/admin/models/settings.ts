/** Turns a body into the stored settings of a model: checks the address and seals the key. */
import type { Static } from 'typebox';
import { seal } from '../../../auth/secret-box.ts';
import { AppError, invalid } from '../../../domain/errors.ts';
import { createAddressGuard } from '../../../network/address-guard.ts';
import { refusalOfHost } from '../../../network/guarded-host.ts';
import type { ModelSettings } from '../../../store/commands/models.ts';
import type { AdminDependencies } from '../dependencies.ts';
import type { UpdateModelBody } from './schema.ts';

/**
 * What a body sets; what it does not name is not in it. A new key replaces the one before, of either kind.
 * @throws AppError invalid_request, forbidden
 */
export async function toSettings(
  body: Static<typeof UpdateModelBody>,
  modelId: string,
  byOperator: boolean,
  dependencies: AdminDependencies,
): Promise<Partial<ModelSettings>> {
  const {
    base_url,
    api_key,
    api_key_env,
    context_window,
    max_output_tokens,
    is_active,
    can_continue,
    ...same
  } = body;
  if (typeof api_key === 'string' && typeof api_key_env === 'string') {
    throw invalid('api_key_env', 'api_key_env must be absent where api_key is given');
  }
  return {
    ...same,
    ...(base_url !== undefined && {
      baseUrl: base_url === null ? null : await checkBaseUrl(base_url, byOperator, dependencies),
    }),
    ...(typeof api_key === 'string' && { apiKeyEnv: null }),
    ...(typeof api_key_env === 'string' && { apiKeyEncrypted: null }),
    ...(api_key !== undefined && {
      apiKeyEncrypted: api_key === null ? null : seal(api_key, dependencies.secret, modelId),
    }),
    ...(api_key_env !== undefined && { apiKeyEnv: api_key_env }),
    ...(context_window !== undefined && { contextWindow: context_window }),
    ...(max_output_tokens !== undefined && { maxOutputTokens: max_output_tokens }),
    ...(is_active !== undefined && { isActive: is_active }),
    ...(can_continue !== undefined && { canContinue: can_continue }),
  };
}

async function checkBaseUrl(
  text: string,
  byOperator: boolean,
  { resolve }: AdminDependencies,
): Promise<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    (url?.protocol === 'http:' || url?.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    !/[?#\s]/.test(text);
  if (url === undefined || !isPlain) {
    throw invalid('base_url', 'base_url must be an http or https address without user, query or fragment');
  }
  if (
    !byOperator &&
    (await refusalOfHost(url, createAddressGuard({ ports: 'any' }), resolve)) !== undefined
  ) {
    throw new AppError(
      'forbidden',
      "base_url is on a private network; only the operator's admin key may set it",
      { field: 'base_url' },
    );
  }
  return text.replace(/\/+$/, '');
}
