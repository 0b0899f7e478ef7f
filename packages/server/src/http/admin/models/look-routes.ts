/** Looks at a model's server: which models it offers, and whether a stored model answers. */
import { Type } from 'typebox';
import { isOperator } from '../../../auth/permissions.ts';
import { invalid } from '../../../domain/errors.ts';
import {
  isAddressed,
  isBuiltIn,
  type ModelRecord,
  presetProvider,
  presets,
  providers,
} from '../../../domain/model.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { remoteModule } from '../../../models/providers/registry.ts';
import { answer } from '../../openapi/answers.ts';
import { closed, nullable, oneOf, orNull } from '../../openapi/fields.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import { checkBaseUrl } from './address.ts';
import { checkHeaders, writtenRequestFields } from './request-fields.ts';
import { apiKey, ModelParams, ModelTestResult } from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/models`;
const longestLookMs = 10_000;

const address = (description: string) =>
  nullable(
    Type.String({ minLength: 1, maxLength: 2000, description, examples: ['http://127.0.0.1:11434/v1'] }),
  );

const DiscoverBody = Type.Object(
  {
    provider: oneOf(providers, { description: 'The provider.', examples: ['openai-compatible'] }),
    preset: Type.Optional(
      orNull(
        oneOf(presets, { description: 'The preset of an `openai-compatible` one.', examples: ['ollama'] }),
      ),
    ),
    base_url: Type.Optional(address("Where it is; null: the provider's or the preset's own.")),
    api_key: Type.Optional(apiKey),
    headers: Type.Optional(writtenRequestFields.headers),
    query: Type.Optional(writtenRequestFields.query),
  },
  {
    ...closed,
    title: 'ModelDiscoveryRequest',
    examples: [{ provider: 'openai-compatible', base_url: 'http://127.0.0.1:11434/v1' }],
  },
);

const Discovered = Type.Object(
  {
    ok: Type.Boolean({ description: 'Whether the list of models was read.', examples: [true] }),
    base_url: address("Where the API was found, or the given address; null: the provider's own."),
    models: Type.Array(
      Type.Object(
        {
          model: Type.String({ description: "The provider's name of the model.", examples: ['llama3.2'] }),
          context_window: nullable(
            Type.Integer({
              minimum: 1,
              description: 'Tokens; null: the list does not say.',
              examples: [131_072],
            }),
          ),
        },
        { description: 'A chat model.' },
      ),
      { description: 'The chat models that are offered, the best default first.' },
    ),
    error: nullable(
      Type.String({ description: 'What went wrong.', examples: ['the provider answered 401'] }),
    ),
    hint: nullable(
      Type.String({
        description: 'What was found out about the address.',
        examples: ['the API is at http://127.0.0.1:8000/v1'],
      }),
    ),
  },
  { title: 'ModelDiscovery', description: 'What a provider offers.' },
);

export function modelLookRoutes(
  dependencies: AdminDependencies,
  get: (scope: OrganizationScope, modelId: string) => Promise<ModelRecord>,
): readonly Route[] {
  const { store, now } = dependencies;
  return [
    route({
      method: 'POST',
      path: `${path}/discover`,
      access,
      schema: {
        tags,
        operationId: 'discoverModels',
        summary: 'Ask a provider which models it offers; nothing is stored',
        params: OrganizationParams,
        body: DiscoverBody,
        response: { 200: answer('What was found.', Discovered), ...refusals },
      },
      async handler(request) {
        const { caller, body } = request;
        const { provider, preset, headers } = body;
        if (isBuiltIn(provider)) {
          throw invalid('provider', `provider: the models of ${provider} run in the server; it lists none`);
        }
        if (preset && provider !== presetProvider) {
          throw invalid('preset', `preset must be absent for the provider ${provider}`);
        }
        const given = body.base_url ?? (preset ? remoteModule(provider, preset).baseUrl : undefined);
        if (given === undefined && isAddressed(provider)) {
          throw invalid('base_url', `base_url is required for the provider ${provider}`);
        }
        if (headers) checkHeaders(headers);
        const byOperator = isOperator(caller);
        const baseUrl = given === undefined ? undefined : await checkBaseUrl(given, byOperator, dependencies);
        await store.note(
          request,
          'model.discover',
          { kind: 'model', id: null },
          { provider, base_url: baseUrl ?? null },
        );
        const found = await dependencies.discoverModels(
          {
            provider,
            preset,
            baseUrl,
            apiKey: body.api_key ?? undefined,
            headers: headers ?? {},
            query: body.query ?? {},
          },
          { isGuarded: !byOperator, timeoutMs: longestLookMs },
        );
        const { list } = found;
        return {
          ok: list.ok,
          base_url: found.baseUrl ?? null,
          models: list.ok
            ? list.models.map(({ name, contextWindow }) => ({
                model: name,
                context_window: contextWindow ?? null,
              }))
            : [],
          error: list.ok ? null : list.error,
          hint: found.isFound && found.baseUrl !== given ? `the API is at ${found.baseUrl}` : null,
        };
      },
    }),
    route({
      method: 'POST',
      path: `${path}/:id/test`,
      access,
      schema: {
        tags,
        operationId: 'testModel',
        summary: 'Call a model for a few tokens',
        params: ModelParams,
        response: { 200: answer('Whether it answered.', ModelTestResult), ...refusals },
      },
      async handler(request) {
        const { scope, params } = request;
        const record = await get(scope, params.id);
        const { ok, latency_ms, error, hint, found } = await dependencies.testModel(record);
        await store.change(request, 'storeModelTest', {
          organizationId: scope.organizationId,
          id: record.id,
          test: { ok, latencyMs: latency_ms, error, hint, at: now() },
          listedContextWindow: found?.contextWindow ?? null,
        });
        return {
          ok,
          latency_ms,
          error,
          hint,
          found: found && {
            base_url: found.baseUrl,
            models: found.models,
            is_listed: found.isListed,
            context_window: found.contextWindow,
          },
        };
      },
    }),
  ];
}
