/** `GET /api/generations/{id}/context`: what the model was sent for an answer. */
import { Type } from 'typebox';
import { contextSections, receiptStatuses, treatments } from '../../domain/generation.ts';
import { messageRoles } from '../../domain/message.ts';
import type { ContextReceipt } from '../../generation/context-receipt.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import { exampleId, IdField, oneOf, orNull } from '../openapi/fields.ts';
import { errorResponses } from '../openapi/responses.ts';
import { type Route, route } from '../routing/route.ts';

const TreatmentSchema = oneOf(treatments, {
  description: 'How it went to the model. An empty message is `dropped`.',
  examples: ['whole'],
});

const range = (description: string) =>
  Type.Object(
    {
      count: orNull(
        Type.Integer({ minimum: 0, description: 'Null: more than were looked at.', examples: [12] }),
      ),
      first_message_id: orNull(IdField('The oldest; null where it was not looked at.')),
      last_message_id: IdField('The newest.'),
    },
    { title: 'MessageRange', description },
  );

const tokens = (description: string, example: number) =>
  Type.Integer({ minimum: 0, description, examples: [example] });

export const ContextReceiptSchema = Type.Object(
  {
    generation_id: IdField('The generation.'),
    status: oneOf(receiptStatuses, {
      description:
        '`recorded`: this was sent. `expected`: the model has not been called yet, or its call is not recorded yet; this would be sent now.',
      examples: ['recorded'],
    }),
    model: Type.Object(
      {
        id: IdField('The model.'),
        name: Type.String({ description: "The model's name here.", examples: ['GPT-5 mini'] }),
        context_window: tokens('Tokens of prompt and answer together, as it was taken.', 32768),
      },
      { description: 'The model that was asked.' },
    ),
    persona: orNull(
      Type.Object(
        {
          persona_id: Type.Integer({ description: 'The persona.', examples: [47] }),
          version: Type.Integer({ description: 'Its revision.', examples: [3] }),
          sha256: Type.String({
            pattern: '^[0-9a-f]{64}$',
            description:
              "Of the revision's `internet`, `max_tokens`, `model_id`, `seed`, `stop`, `system_prompt`, `temperature` and `top_p` as JSON: in this order, without blanks, without those that are not set.",
          }),
        },
        { description: 'The persona revision.' },
      ),
    ),
    budget_tokens: tokens(
      'What the prompt may take: the context window less the room for the answer.',
      31744,
    ),
    sections: Type.Array(
      Type.Object({
        section: oneOf(contextSections, {
          description: 'A part of the prompt.',
          examples: ['history'],
        }),
        tokens: tokens('About how many tokens it takes.', 812),
      }),
      { description: 'The parts of the prompt.' },
    ),
    messages: Type.Array(
      Type.Object({
        id: IdField('The message.'),
        role: oneOf(messageRoles, {
          description: 'Whose it is.',
          examples: ['user'],
        }),
        treatment: TreatmentSchema,
      }),
      {
        description:
          'Oldest first: the newest 1000 that went in whole, the answered message last, and up to 100 before them. The ranges tell of all.',
      },
    ),
    whole: range('The messages that went in whole.'),
    summarised: orNull(range('The messages that a summary stands for.')),
    dropped: orNull(range('The messages that no longer fitted, and of which no summary tells yet.')),
    summary: orNull(
      Type.Object(
        {
          id: IdField('The summary.'),
          version: Type.Integer({ minimum: 1, description: 'Counted by session.', examples: [2] }),
          text: orNull(
            Type.String({
              description: 'Null: it was deleted with a message that it told of.',
              examples: ['Ada plans a trip to Lisbon in May and wants to go by train.'],
            }),
          ),
        },
        { description: 'The summary that stood in the prompt.' },
      ),
    ),
    tokens_provenance: oneOf(['estimated'], {
      description: 'Where the figures come from: a tokenizer that is the model’s own or near to it.',
      examples: ['estimated'],
    }),
  },
  { $id: 'ContextReceipt', title: 'ContextReceipt', description: 'What a model was sent for an answer.' },
);

const example: ContextReceipt = {
  generation_id: exampleId,
  status: 'recorded',
  model: { id: exampleId, name: 'GPT-5 mini', context_window: 32768 },
  persona: { persona_id: 47, version: 3, sha256: '5f'.repeat(32) },
  budget_tokens: 31744,
  sections: [
    { section: 'system', tokens: 40 },
    { section: 'summary', tokens: 0 },
    { section: 'history', tokens: 0 },
    { section: 'message', tokens: 21 },
    { section: 'sources', tokens: 0 },
  ],
  messages: [{ id: exampleId, role: 'user', treatment: 'whole' }],
  whole: { count: 1, first_message_id: exampleId, last_message_id: exampleId },
  summarised: null,
  dropped: null,
  summary: null,
  tokens_provenance: 'estimated',
};

export interface ContextReceiptRoutesOptions {
  readonly engine: Pick<GenerationEngine, 'contextReceipt'>;
}

export function contextReceiptRoutes({ engine }: ContextReceiptRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/:id/context',
      access: 'conversation',
      admits: ['anonymous'],
      schema: {
        tags: ['generations'],
        operationId: 'getContextReceipt',
        summary: 'See what the model was sent',
        description:
          'Which messages of the history went in whole, as a summary, or not at all; the summary; the persona revision; and the tokens of each part. Not found where a generation ended before its model was asked.',
        params: Type.Object({ id: IdField('The generation.') }),
        response: {
          200: {
            description: 'The receipt.',
            content: { 'application/json': { schema: Type.Ref('ContextReceipt#'), example } },
          },
          ...errorResponses(400, 401, 403, 404, 409),
        },
      },
      handler: async ({ scope, params }, reply) => reply.send(await engine.contextReceipt(scope, params.id)),
    }),
  ];
}
