/** Turns a body into the stored settings of a model: checks and understands the address, and seals what is secret. */
import type { Static } from 'typebox';
import { invalid } from '../../../domain/errors.ts';
import { defaultRequestSettings, isBuiltIn, type Provider, presetProvider } from '../../../domain/model.ts';
import type { SecretRing } from '../../../domain/secrets/secret-ring.ts';
import { presetRegistry } from '../../../models/providers/registry.ts';
import type { ModelSettings } from '../../../store/commands/models.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { checkBaseUrl, understandAddress } from './address.ts';
import { checkExtraBody, checkHeaders, sealTexts } from './request-fields.ts';
import type { UpdateModelBody } from './schema.ts';

type Body = Static<typeof UpdateModelBody>;

export interface WrittenSettings {
  readonly settings: Partial<ModelSettings>;
  /** Where a setting is sealed: the fingerprints of the server's secrets. */
  readonly sealedBy: readonly string[] | undefined;
  /** Tokens, as the list of models at the address says. */
  readonly listedContextWindow: number | undefined;
}

/** What a body is written for. */
export interface Target {
  readonly id: string;
  /** The stored model; absent for a new one. */
  readonly stored?: { readonly provider: Provider; readonly model: string };
}

/**
 * What a body sets; what it does not name is not in it. A new key replaces the one before, of either kind.
 * @throws AppError invalid_request, forbidden
 */
export async function toSettings(
  body: Body,
  target: Target,
  byOperator: boolean,
  dependencies: AdminDependencies,
): Promise<WrittenSettings> {
  const { api_key, api_key_env, preset } = body;
  if (typeof api_key === 'string' && typeof api_key_env === 'string') {
    throw invalid('api_key_env', 'api_key_env must be absent where api_key is given');
  }
  const provider = body.provider ?? target.stored?.provider;
  // A model of another provider has no preset any more.
  const leavesPreset = preset === undefined && body.provider !== undefined && provider !== presetProvider;
  const address = await readAddress(body, target, provider, byOperator, dependencies);
  const { ring } = dependencies.secrets;
  const isSealed = Boolean(api_key ?? body.headers ?? body.query);
  return {
    sealedBy: isSealed ? ring.fingerprints : undefined,
    settings: {
      ...plainSettings(body),
      ...requestSettings(body, target.id, ring),
      ...(preset !== undefined && { preset }),
      ...(leavesPreset && { preset: null }),
      ...(address !== undefined && { baseUrl: address.baseUrl }),
      ...(typeof api_key === 'string' && { apiKeyEnv: null }),
      ...(typeof api_key_env === 'string' && { apiKeyEncrypted: null }),
      ...(api_key !== undefined && {
        apiKeyEncrypted: api_key === null ? null : ring.seal(api_key, target.id),
      }),
      ...(api_key_env !== undefined && { apiKeyEnv: api_key_env }),
    },
    listedContextWindow: address?.contextWindow,
  };
}

/** Settings whose fields only have other names. */
function plainSettings(body: Body): Partial<ModelSettings> {
  const { name, provider, model, prices } = body;
  return {
    ...(name !== undefined && { name }),
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(prices !== undefined && { prices }),
    ...(body.context_window !== undefined && { contextWindow: body.context_window }),
    ...(body.max_output_tokens !== undefined && { maxOutputTokens: body.max_output_tokens }),
    ...(body.is_active !== undefined && { isActive: body.is_active }),
    ...(body.can_continue !== undefined && { canContinue: body.can_continue }),
    ...(body.fallbacks !== undefined && {
      fallbacks: body.fallbacks?.map((id) => id.toLowerCase()) ?? [],
    }),
  };
}

function requestSettings(body: Body, recordId: string, ring: SecretRing): Partial<ModelSettings> {
  const { headers, query, extra_body, timeouts } = body;
  if (headers) checkHeaders(headers);
  if (extra_body) checkExtraBody(extra_body);
  const fallback = defaultRequestSettings;
  return {
    ...(headers !== undefined && { sealedHeaders: sealTexts(headers ?? {}, ring, recordId) }),
    ...(query !== undefined && { sealedQuery: sealTexts(query ?? {}, ring, recordId) }),
    ...(extra_body !== undefined && { extraBody: extra_body }),
    ...(body.token_field !== undefined && { tokenField: body.token_field ?? fallback.tokenField }),
    ...(body.system_role !== undefined && { systemRole: body.system_role ?? fallback.systemRole }),
    ...(body.greeting_role !== undefined && { greetingRole: body.greeting_role ?? fallback.greetingRole }),
    ...(body.think_tags !== undefined && { thinkTags: body.think_tags ?? fallback.thinkTags }),
    ...(body.stream !== undefined && { stream: body.stream ?? fallback.stream }),
    ...(timeouts !== undefined && {
      timeouts: {
        ...(timeouts?.connect_ms !== undefined && { connectMs: timeouts.connect_ms }),
        ...(timeouts?.first_token_ms !== undefined && { firstTokenMs: timeouts.first_token_ms }),
        ...(timeouts?.idle_ms !== undefined && { idleMs: timeouts.idle_ms }),
      },
    }),
    ...(body.max_retries !== undefined && { maxRetries: body.max_retries }),
  };
}

/** A new model of a preset is at the preset's address unless it names its own. Undefined: the address stays. */
async function readAddress(
  body: Body,
  { stored }: Target,
  provider: Provider | undefined,
  byOperator: boolean,
  dependencies: AdminDependencies,
): Promise<{ readonly baseUrl: string | null; readonly contextWindow?: number | undefined } | undefined> {
  const { base_url, preset } = body;
  const ofPreset = stored === undefined && preset ? presetRegistry[preset].baseUrl : undefined;
  const given = base_url ?? ofPreset;
  if (given === undefined) return base_url === undefined ? undefined : { baseUrl: null };
  const baseUrl = await checkBaseUrl(given, byOperator, dependencies);
  if (provider === undefined || isBuiltIn(provider)) return { baseUrl };
  const server = {
    provider,
    preset,
    baseUrl,
    apiKey: body.api_key ?? undefined,
    headers: body.headers ?? {},
    query: body.query ?? {},
  };
  return understandAddress(server, body.model ?? stored?.model, byOperator, dependencies);
}
