/** From a body to what is stored of a model: the address checked, the key sealed. */
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
  const { base_url, api_key, api_key_env, prices, is_active, can_continue, ...same } = body;
  if (typeof api_key === 'string' && typeof api_key_env === 'string') {
    throw invalid('api_key_env', 'api_key_env must be absent where api_key is given');
  }
  return {
    ...same,
    ...(base_url !== undefined && {
      base_url: base_url === null ? null : await checkBaseUrl(base_url, byOperator, dependencies),
    }),
    ...(typeof api_key === 'string' && { api_key_env: null }),
    ...(typeof api_key_env === 'string' && { api_key_encrypted: null }),
    ...(api_key !== undefined && {
      api_key_encrypted: api_key === null ? null : seal(api_key, dependencies.secret, modelId),
    }),
    ...(api_key_env !== undefined && { api_key_env }),
    ...(prices !== undefined && {
      price_input: prices?.input ?? null,
      price_output: prices?.output ?? null,
    }),
    ...(is_active !== undefined && { is_active: is_active ? 1 : 0 }),
    ...(can_continue !== undefined && { can_continue: can_continue ? 1 : 0 }),
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
