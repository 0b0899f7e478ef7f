/** How requests select a persona. */
import { Type } from 'typebox';
import { aliasPattern, versionTypes } from '../../domain/persona.ts';
import { closed, nullable, oneOf, orNull } from '../openapi/fields.ts';
import type { GivenSelector } from './persona-selector.ts';

const alias = {
  pattern: aliasPattern,
  description: "The persona's alias.",
  examples: ['my-alias'],
};

function version(description: string) {
  return Type.Optional(orNull(oneOf(versionTypes, { description, examples: ['next'] })));
}

const PersonaSelectorSchema = Type.Object(
  {
    persona_id: Type.Optional(
      nullable(
        Type.Integer({
          minimum: 1,
          maximum: 2_147_483_647,
          description: "The persona's number. Test keys and members only.",
          examples: [47],
        }),
      ),
    ),
    alias: Type.Optional(nullable(Type.String(alias))),
    version_type: version('The draft, or what is in production (the default). Test keys and members only.'),
    version_tag: version('The same as `version_type`.'),
  },
  {
    ...closed,
    title: 'PersonaSelector',
    minProperties: 1,
    description:
      "Which persona answers. A prod key selects by `alias` or takes its default; a test key and a member also by `persona_id`, and the version by `version_type`. With a token it may be left out, and must otherwise be the token's.",
    examples: [{ alias: 'my-alias' }, { persona_id: 47, version_type: 'next' }],
  },
);

/** `persona` in a body: a selector, the alias alone, or null for none. */
export const PersonaField = Type.Optional(
  Type.Unsafe<GivenSelector>({
    anyOf: [PersonaSelectorSchema, Type.String(alias), Type.Null()],
    description: 'Which persona answers: a selector, or its alias.',
    examples: [{ alias: 'my-alias' }],
  }),
);
