/** Where Anthropic's API takes requests. Its base URL may include `/v1`, or leave it out. */
import { upstreamAddress, withQuery, withVersion1 } from '../upstream/address.ts';
import type { WireEndpoints } from '../upstream/remote-model.ts';

const anthropicVersion = '2023-06-01';

export const anthropicEndpoints: WireEndpoints = {
  answers: ({ baseUrl, query }) => withQuery(upstreamAddress(withVersion1(baseUrl), '/messages'), query),
  // A page holds 20 models unless the request asks for more.
  models: ({ baseUrl, query }) =>
    withQuery(upstreamAddress(withVersion1(baseUrl), '/models?limit=1000'), query),
  headers: (apiKey) => ({
    'anthropic-version': anthropicVersion,
    ...(apiKey !== undefined && { 'x-api-key': apiKey }),
  }),
};
