/** Sessions of end users, and what they are told of their persona. */
import { Type } from 'typebox';
import { closed, IdField, nullable, orNull, TimeField } from '../../openapi/fields.ts';

const title = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'The title of its conversation.',
  examples: ['Where is my order?'],
});

export const UserSessionSchema = Type.Object(
  {
    session_id: IdField('The session.'),
    conversation_id: IdField('Its conversation.'),
    title,
    updated_at: TimeField('When something was said in it last.'),
    running: orNull(IdField('The generation that runs in it, or waits there first.')),
  },
  { title: 'UserSession', description: 'A session of an end user.' },
);

export const UserSessionList = Type.Object(
  {
    data: Type.Array(UserSessionSchema, { description: 'The sessions.' }),
    next_cursor: nullable(
      Type.String({ description: 'For `cursor`; null: there are no more.', examples: ['019ab1c2…'] }),
    ),
  },
  { title: 'UserSessionList', description: 'A page of sessions.' },
);

export const RenameSessionBody = Type.Object({ title }, { ...closed, title: 'UserSessionChanges' });

export const OwnPersona = Type.Object(
  {
    name: Type.String({ description: 'Its name.', examples: ['Support'] }),
    alias: Type.String({ description: 'Its alias.', examples: ['support'] }),
    greeting: nullable(
      Type.String({ description: 'What users read before they write.', examples: ['How can we help?'] }),
    ),
    suggestions: Type.Array(Type.String({ description: 'A message.', examples: ['Where is my order?'] }), {
      description: 'What users are offered as their first message.',
    }),
    internet: Type.Boolean({ description: 'Whether it answers with the web.', examples: [false] }),
  },
  { title: 'OwnPersona', description: 'What users are told of a persona.' },
);
