/** What a reader thinks of an answer. */
import { type Static, Type } from 'typebox';
import { creatorOf } from '../../auth/principal.ts';
import { normalizeNewlines } from '../../domain/text/newlines.ts';
import type { Store } from '../../store/store.ts';
import { closed, IdField, nullable } from '../openapi/fields.ts';
import type { GrantedRequest } from '../routing/route.ts';

const fields = {
  message_id: IdField('The answer.'),
  rating: Type.Unsafe<-1 | 0 | 1>({
    type: 'integer',
    minimum: -1,
    maximum: 1,
    description: 'Bad, none, or good: 0 takes an earlier one back.',
    examples: [1],
  }),
};
const reason = nullable(
  Type.String({ maxLength: 255, description: 'Why, in a word or two.', examples: ['wrong'] }),
);
const comment = nullable(
  Type.String({
    maxLength: 2000,
    description: 'Why, at length.',
    examples: ['We deliver on Saturdays, too.'],
  }),
);

export const FeedbackBody = Type.Object(
  { ...fields, reason: Type.Optional(reason), comment: Type.Optional(comment) },
  { ...closed, title: 'NewFeedback' },
);

export const FeedbackSchema = Type.Object(
  { ...fields, reason, comment },
  { title: 'Feedback', description: 'What one author thinks of an answer; the last opinion counts.' },
);

export const exampleFeedback = {
  message_id: '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01',
  rating: 1,
  reason: null,
  comment: null,
};

/** @throws AppError not_found, invalid_request (no answer) */
export async function giveFeedback(
  store: Pick<Store, 'execute'>,
  { caller, scope }: Pick<GrantedRequest<'writer'>, 'caller' | 'scope'>,
  body: Static<typeof FeedbackBody>,
  now: number,
): Promise<Static<typeof FeedbackSchema>> {
  const { rating } = body;
  const messageId = body.message_id.toLowerCase();
  const [said, why] = [body.comment, body.reason].map((text) =>
    rating === 0 || text == null || text === '' ? null : normalizeNewlines(text),
  );
  const opinion = { rating, reason: why ?? null, comment: said ?? null };
  await store.execute('giveFeedback', { scope, messageId, author: creatorOf(caller), ...opinion, now });
  return { message_id: messageId, ...opinion };
}
