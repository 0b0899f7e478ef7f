/** `metadata` in bodies and answers, and `?metadata[name]=text` in lists. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { invalid } from '../../domain/errors.ts';
import { type Metadata, maxMetadataName, maxMetadataPairs, maxMetadataText } from '../../domain/message.ts';
import type { MetadataFilter } from '../../store/queries/metadata.ts';
import type { Store } from '../../store/store.ts';

const pairs = {
  maxProperties: maxMetadataPairs,
  propertyNames: { minLength: 1, maxLength: maxMetadataName },
  additionalProperties: { type: 'string', maxLength: maxMetadataText },
};

/** What a client may keep; null is none. */
export const MetadataField = Type.Unsafe<Metadata | null>({
  type: ['object', 'null'],
  ...pairs,
  description: `Names and texts of your own: at most ${maxMetadataPairs}, names of at most ${maxMetadataName} characters, texts of at most ${maxMetadataText}. They replace those of before.`,
  examples: [{ page: '/prices' }],
});

/** What was kept. */
export const KeptMetadata = Type.Unsafe<Metadata>({
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'Names and texts of the client.',
  examples: [{ page: '/prices' }],
});

/** A query's `metadata[name]=text`: as a parameter of the document, since validation sees no such object. */
export const MetadataQuery = Type.Optional(
  Type.Unsafe<Metadata>({
    type: 'object',
    additionalProperties: { type: 'string' },
    description:
      'Only those with these pairs, each as `metadata[name]=text`, for example `metadata[page]=/prices`.',
  }),
);

const parameter = /^metadata\[(.*)\]$/s;

/** The pairs that a query asks for; undefined: none. @throws AppError invalid_request */
export function metadataFilter(
  { query }: FastifyRequest,
  { engine }: Pick<Store, 'engine'>,
): MetadataFilter | undefined {
  const asked = Object.entries(query as Readonly<Record<string, unknown>>).flatMap(([name, text]) => {
    const [, key] = parameter.exec(name) ?? [];
    return key === undefined ? [] : [{ name, key, text }];
  });
  if (asked.length === 0) return undefined;
  if (asked.length > maxMetadataPairs)
    throw invalid('metadata', `metadata: at most ${maxMetadataPairs} pairs are allowed`);
  for (const { name, text } of asked)
    if (typeof text !== 'string') throw invalid(name, `${name} must be given once`);
  return { engine, pairs: Object.fromEntries(asked.map(({ key, text }) => [key, String(text)])) };
}
