/** Where Anthropic's API takes requests. Its base URL may include `/v1`, or leave it out. */
import { upstreamAddress, withVersion1 } from '../upstream/address.ts';
import type { WireEndpoints } from '../upstream/remote-model.ts';

const anthropicVersion = '2023-06-01';

export const anthropicEndpoints: WireEndpoints = {
  answers: (baseUrl) => upstreamAddress(withVersion1(baseUrl), '/messages'),
  // A page holds 20 models unless the request asks for more.
  models: (baseUrl) => upstreamAddress(withVersion1(baseUrl), '/models?limit=1000'),
  headers: (apiKey) => ({
    'anthropic-version': anthropicVersion,
    ...(apiKey !== undefined && { 'x-api-key': apiKey }),
  }),
};
