/** Where servers of OpenAI's format take requests. Their base URL includes the version, `/v1` for most. */
import { upstreamAddress, withQuery } from '../upstream/address.ts';
import type { WireEndpoints } from '../upstream/remote-model.ts';

export const openAiEndpoints: WireEndpoints = {
  answers: ({ baseUrl, query }) => withQuery(upstreamAddress(baseUrl, '/chat/completions'), query),
  models: ({ baseUrl, query }) => withQuery(upstreamAddress(baseUrl, '/models'), query),
  headers: (apiKey) => (apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
};
