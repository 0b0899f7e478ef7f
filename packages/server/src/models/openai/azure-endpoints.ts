/**
 * Where Azure OpenAI takes requests. Two APIs are there: the one called v1, below `/openai/v1`, and the classic one, with
 * a path for each deployment and a dated `api-version` in the query.
 * https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle
 */
import { trimSlashes } from '../../domain/text/trimming.ts';
import { upstreamAddress, withQuery } from '../upstream/address.ts';
import type { EndpointAddress, EndpointTarget, WireEndpoints } from '../upstream/remote-model.ts';

/** The latest version of the classic API that is no preview. */
const defaultApiVersion = '2024-10-21';
const versionField = 'api-version';

/**
 * The address of a resource, of its `/openai/v1`, of its `/openai` or of a deployment. Of the first, the API is the
 * classic one if the query names a dated `api-version`, else v1; the others say it themselves.
 */
export const azureEndpoints: WireEndpoints = {
  answers: (target) => endpoint(target, '/chat/completions'),
  models: (target) => endpoint({ ...target, model: undefined }, '/models'),
  headers: (apiKey) => (apiKey === undefined ? {} : { 'api-key': apiKey }),
};

function endpoint({ baseUrl, model, query = {} }: EndpointTarget, path: string): EndpointAddress {
  const base = trimSlashes(baseUrl);
  const [, resource = base, deployment] = /^(.*?)(?:\/openai(?:\/deployments\/([^/?]+))?)?$/.exec(base) ?? [];
  if (/\/v1$/.test(base)) return withQuery(upstreamAddress(base, path), query);
  const isClassic = base !== resource || /^\d{4}-/.test(query[versionField] ?? '');
  if (!isClassic) return withQuery(upstreamAddress(`${resource}/openai/v1`, path), query);
  const name = deployment ?? (model === undefined ? undefined : encodeURIComponent(model));
  const below = path === '/models' || name === undefined ? '/openai' : `/openai/deployments/${name}`;
  const dated = { [versionField]: defaultApiVersion, ...query };
  return withQuery(upstreamAddress(`${resource}${below}`, path), dated);
}
