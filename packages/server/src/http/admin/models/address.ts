/** Checks the address of a model's server, and understands it. */
import { AppError, invalid } from '../../../domain/errors.ts';
import type { Discovery } from '../../../models/discover.ts';
import { withoutEndpoint } from '../../../models/discovery/base-url.ts';
import type { ModelServer } from '../../../models/registry.ts';
import { createAddressGuard } from '../../../network/address-guard.ts';
import { refusalOfHost } from '../../../network/guarded-host.ts';
import type { AdminDependencies } from '../dependencies.ts';

/** A server that is away must not hold up the saving of its model, in milliseconds. */
const longestLookMs = 2_000;

/**
 * The address without slashes and without an endpoint at its end.
 * @throws AppError invalid_request; forbidden for a private address, unless the operator gives it
 */
export async function checkBaseUrl(
  text: string,
  byOperator: boolean,
  { resolve }: Pick<AdminDependencies, 'resolve'>,
): Promise<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    (url?.protocol === 'http:' || url?.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    !/[?#\s]/.test(text);
  if (url === undefined || !isPlain) {
    throw invalid(
      'base_url',
      'base_url must be an http or https address without user, query or fragment; parameters go into query',
    );
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
  return withoutEndpoint(text);
}

export interface UnderstoodAddress {
  readonly baseUrl: string;
  /** Tokens, as the list of models there says. */
  readonly contextWindow: number | undefined;
}

/** Finds the API that is meant by an address; the address itself, where its server does not tell within two seconds. */
export async function understandAddress(
  server: ModelServer & { readonly baseUrl: string },
  model: string | undefined,
  byOperator: boolean,
  { discoverModels }: AdminDependencies,
): Promise<UnderstoodAddress> {
  const { baseUrl, isFound, list }: Discovery = await discoverModels(server, {
    isGuarded: !byOperator,
    timeoutMs: longestLookMs,
  });
  const listed = list.ok ? list.models.find(({ name }) => name === model) : undefined;
  return {
    baseUrl: isFound && baseUrl !== undefined ? baseUrl : server.baseUrl,
    contextWindow: listed?.contextWindow,
  };
}
