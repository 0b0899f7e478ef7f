/** Asks one version of a persona, to see how it answers before it is in production. */
import { type Static, Type } from 'typebox';
import { limitsOfCaller } from '../../../auth/caller-limits.ts';
import { isOperator } from '../../../auth/permissions.ts';
import { type AdministratorPrincipal, creatorOf } from '../../../auth/principal.ts';
import { conversationScope } from '../../../auth/scopes.ts';
import { AppError, invalid, notFound } from '../../../domain/errors.ts';
import { maxQuestionTurns } from '../../../domain/evaluation/question-set.ts';
import type { SubjectLimits } from '../../../domain/limits/limits.ts';
import { maxMessageCharacters, shownRoles } from '../../../domain/message.ts';
import { type VersionType, versionTypes } from '../../../domain/persona.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { isBlank } from '../../../domain/text/blank.ts';
import type { TurnMessage } from '../../../generation/turn.ts';
import { findOrganizationRules } from '../../../store/queries/organization-settings.ts';
import { findPersona, findVersion, maxPersonaId } from '../../../store/queries/personas.ts';
import { generationEventExamples } from '../../dialects/events/schema.ts';
import { closed, messageBodyLimit, oneOf, streamHeaders } from '../../openapi/fields.ts';
import { errorResponses } from '../../openapi/responses.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { organizationPath, tags } from '../schema.ts';
import { PersonaParams } from './schema.ts';

const TrialBody = Type.Object(
  {
    version: Type.Unsafe<VersionType | number>({
      anyOf: [
        oneOf(versionTypes, { description: 'What is in production, or the draft.', examples: ['next'] }),
        Type.Integer({ minimum: 1, maximum: maxPersonaId, description: 'A version by its number.' }),
      ],
      description: 'Which version answers. A number means the same version at every call.',
      examples: ['next', 3],
    }),
    messages: Type.Array(
      Type.Object(
        {
          role: oneOf(shownRoles, { description: 'Who says it.', examples: ['user'] }),
          content: Type.String({
            maxLength: maxMessageCharacters,
            description: 'What they say.',
            examples: ['Where is my order?'],
          }),
        },
        { ...closed, title: 'TrialMessage', description: 'A message.' },
      ),
      {
        minItems: 1,
        maxItems: 2 * maxQuestionTurns - 1,
        description: `What was said so far, of the user and the assistant in turn. The last one is the user's, and is answered; the user has at most ${maxQuestionTurns}.`,
        examples: [[{ role: 'user', content: 'Where is my order?' }]],
      },
    ),
  },
  { ...closed, title: 'PersonaTrial' },
);

export function personaTryRoutes({ store, answerOnce }: AdminDependencies): readonly Route[] {
  /** @throws AppError not_found */
  async function numberOf(
    scope: OrganizationScope,
    id: number,
    version: VersionType | number,
  ): Promise<number> {
    const persona = await findPersona(store.reads, scope, { id });
    if (persona === undefined) throw notFound('persona');
    if (version === 'active' || version === 'next') {
      const number = version === 'active' ? persona.activeVersion : persona.nextVersion;
      if (number === null)
        throw notFound(`${version === 'active' ? 'an active' : 'a next'} version of the persona`);
      return number;
    }
    const found = await findVersion(store.reads, scope, { personaId: id, version });
    if (found === undefined) throw notFound(`version ${version} of the persona`);
    return version;
  }

  /** The operator, who has no limits, spends what the organization may spend. */
  async function limitsOf(
    caller: AdministratorPrincipal,
    { organizationId }: OrganizationScope,
  ): Promise<readonly SubjectLimits[]> {
    if (!isOperator(caller)) return caller.limits;
    const organization = await findOrganizationRules(store.reads, organizationId);
    return organization === undefined ? [] : limitsOfCaller({ organization });
  }

  return [
    route({
      method: 'POST',
      path: `${organizationPath}/personas/:id/try`,
      access: 'organization-admin',
      bodyLimit: messageBodyLimit,
      schema: {
        tags,
        operationId: 'tryPersona',
        summary: 'Ask a version of a persona, without storing anything',
        description:
          'The answer is streamed as `GenerationEvent` says; `done` has its tokens, its cost and its times. It belongs to the test environment, counts as usage of the caller and in the limits of the organization, and is cancelled when the client hangs up.',
        params: PersonaParams,
        body: TrialBody,
        response: {
          200: {
            description: 'Server-sent events.',
            headers: streamHeaders,
            content: {
              'text/event-stream': {
                schema: Type.Ref('GenerationEvent#'),
                examples: generationEventExamples,
              },
            },
          },
          ...errorResponses(400, 401, 403, 404, 409, 429, 503),
        },
      },
      async handler(request, reply) {
        const { caller, scope, params, body } = request;
        if (answerOnce === undefined) throw new AppError('conflict', 'no server runs here');
        const messages = readMessages(body.messages);
        const version = await numberOf(scope, params.id, body.version);
        return answerOnce(reply, caller, {
          scope: conversationScope(scope.organizationId, 'test', null),
          target: { kind: 'stateless', messages, persona: { personaId: params.id, version } },
          apiKeyId: caller.kind === 'admin' ? caller.keyId : null,
          limits: await limitsOf(caller, scope),
          createdBy: creatorOf(caller),
        });
      },
    }),
  ];
}

/** @throws AppError invalid_request */
function readMessages(messages: Static<typeof TrialBody>['messages']): readonly TurnMessage[] {
  for (const [index, { role, content }] of messages.entries()) {
    const expected = index % 2 === 0 ? 'user' : 'assistant';
    const field = `messages.${index}`;
    if (role !== expected)
      throw invalid(
        `${field}.role`,
        `${field}.role must be ${expected}: the user begins, and the two take turns`,
      );
    if (role === 'user' && isBlank(content))
      throw invalid(`${field}.content`, `${field}.content must have something to read in it`);
  }
  if (messages.length % 2 === 0)
    throw invalid('messages', "messages must end with the user's, which is answered");
  return messages.map(({ role, content }) => ({ role, parts: [{ type: 'text', text: content }] }));
}
