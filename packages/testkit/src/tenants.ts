/** Tenants for tests and benches, made through the server's own administration. */
import type { ScriptedUpstream } from './upstream/scripted-upstream.ts';

/** The operator's key of every server that has `serverEnvironment`. */
export const adminKey = 'sk_admin_0123456789abcdef0123456789abcdef';

export interface Tenant {
  readonly organizationId: string;
  readonly modelId: string;
  readonly personaId: number;
  readonly prodKey: string;
  readonly testKey: string;
}

/** Calls the administration; throws if the call is refused. */
export async function administer<T = Record<string, unknown>>(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${url}/api/admin${path}`, {
    method,
    headers: {
      authorization: `Bearer ${adminKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Gives an organization a scripted model, which is its default, and a submitted persona `helper` with it. */
export async function furnish(
  url: string,
  organizationId: string,
  upstream: Pick<ScriptedUpstream, 'openAiUrl'>,
): Promise<Pick<Tenant, 'modelId' | 'personaId'>> {
  const base = `/organizations/${organizationId}`;
  const { id: modelId } = await administer<{ id: string }>(url, 'POST', `${base}/models`, {
    name: 'Scripted',
    provider: 'openai-compatible',
    model: 'scripted',
    base_url: upstream.openAiUrl,
    context_window: 8000,
    prices: { input: 1, output: 2 },
  });
  await administer(url, 'PATCH', base, { default_model_id: modelId });
  const { id: personaId } = await administer<{ id: number }>(url, 'POST', `${base}/personas`, {
    name: 'Helper',
    alias: 'helper',
  });
  await administer(url, 'PUT', `${base}/personas/${personaId}/next`, {
    system_prompt: 'Be helpful.',
    model_id: modelId,
  });
  await administer(url, 'POST', `${base}/personas/${personaId}/submit`);
  return { modelId, personaId };
}

/** Makes an organization with a scripted model, a submitted persona `helper`, and keys of both types for it. */
export async function makeTenant(
  url: string,
  upstream: Pick<ScriptedUpstream, 'openAiUrl'>,
  name = 'acme',
): Promise<Tenant> {
  const { id: organizationId } = await administer<{ id: string }>(url, 'POST', '/organizations', { name });
  const base = `/organizations/${organizationId}`;
  const { modelId, personaId } = await furnish(url, organizationId, upstream);
  const key = async (type: string): Promise<string> =>
    (
      await administer<{ key: string }>(url, 'POST', `${base}/keys`, {
        name: type,
        type,
        default_persona_id: personaId,
      })
    ).key;
  return { organizationId, modelId, personaId, prodKey: await key('prod'), testKey: await key('test') };
}
