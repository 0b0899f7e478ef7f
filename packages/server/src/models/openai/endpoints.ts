/** Where servers of OpenAI's format take requests. Their base URL includes the version, `/v1` for most. */
import { upstreamAddress } from '../upstream/address.ts';
import type { WireEndpoints } from '../upstream/remote-model.ts';

export const openAiEndpoints: WireEndpoints = {
  answers: (baseUrl) => upstreamAddress(baseUrl, '/chat/completions'),
  models: (baseUrl) => upstreamAddress(baseUrl, '/models'),
  headers: (apiKey) => (apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
};
