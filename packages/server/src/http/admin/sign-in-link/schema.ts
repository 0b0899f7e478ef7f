/** The schemas of the operator's links. */
import { Type } from 'typebox';
import { closed, oneOf, TimeField } from '../../openapi/fields.ts';

export const OperatorLinkBody = Type.Object(
  {
    email: Type.String({
      format: 'email',
      maxLength: 254,
      description: 'The e-mail address of the account.',
      examples: ['ada@example.com'],
    }),
  },
  { ...closed, title: 'NewOperatorLink' },
);

export const OperatorLink = Type.Object(
  {
    url: Type.String({
      description: 'The link, good once. Nobody but the person should get it.',
      examples: ['https://chat.example.com/console#link=kq3…'],
    }),
    purpose: oneOf(['setup', 'reset'], {
      description: '`setup`: no operator has an account yet, and it makes one.',
      examples: ['reset'],
    }),
    expires_at: TimeField('Until when it is good.'),
  },
  { title: 'OperatorLink', description: 'A link into the console that is good once.' },
);
