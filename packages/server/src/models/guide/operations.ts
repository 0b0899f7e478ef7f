/** Reads an OpenAPI document as sections, one for each operation, which the guide searches. */
import type { GuideSection } from './documents.ts';

/** The path of the interactive documentation. */
export const operationsFile = '/docs';

const methods = ['get', 'put', 'post', 'patch', 'delete'] as const;

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
}

/** Empty where the document has no paths. */
export function operationSections(document: object): GuideSection[] {
  const { paths = {} } = document as {
    readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  return Object.entries(paths).flatMap(([path, operations]) =>
    methods.flatMap((method) => {
      const operation = operations[method];
      return operation === undefined ? [] : [sectionOf(`${method.toUpperCase()} ${path}`, operation)];
    }),
  );
}

/** What an operation does is its heading, since paths are full of words that say little. */
function sectionOf(call: string, { summary, description, tags }: Operation): GuideSection {
  const said = [`\`${call}\``, description ?? '', 'Its parameters, bodies and answers are at `/docs`.'];
  return {
    file: operationsFile,
    anchor: '',
    heading: summary ?? call,
    trail: ['API', ...(tags ?? [])],
    text: said.filter((part) => part !== '').join('\n\n'),
  };
}
