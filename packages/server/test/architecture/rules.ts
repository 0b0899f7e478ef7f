/** The rules of the architecture as functions from a source tree to the sentences that say where it breaks them. */
import { findImports, packageOf, resolveImport, type SourceTree, withoutComments } from './imports.ts';

export type Rule = (tree: SourceTree) => readonly string[];

/** The folders that each folder of `src` may import besides itself. */
const below: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  concurrency: ['domain'],
  config: ['domain'],
  store: ['domain', 'concurrency'],
  bus: ['domain'],
  bundles: ['domain'],
  network: ['domain'],
  tracing: ['domain', 'models'],
  models: ['domain', 'concurrency', 'network'],
  research: ['domain', 'concurrency', 'network'],
  auth: ['domain', 'concurrency', 'config', 'store', 'bus'],
  limits: ['domain', 'concurrency', 'config', 'store', 'bus'],
  webhooks: ['domain', 'concurrency', 'store', 'network'],
  generation: [
    'tracing',
    'domain',
    'concurrency',
    'config',
    'store',
    'network',
    'models',
    'research',
    'bus',
    'auth',
    'limits',
  ],
  http: [
    'tracing',
    'domain',
    'concurrency',
    'config',
    'store',
    'network',
    'models',
    'research',
    'bus',
    'auth',
    'limits',
    'generation',
    'webhooks',
    'bundles',
  ],
};

/** Folders that compose the program: they see everything, and nothing in the folders above imports them. */
const composing: readonly string[] = ['', 'cli', 'doctor', 'first-start', 'lifecycle'];

/** The folders that may import a package. A package without a door may be imported by nobody. */
const doors: Readonly<Record<string, readonly string[]>> = {
  '@commander-js/extra-typings': ['cli'],
  '@fastify/swagger': ['http'],
  '@fastify/type-provider-typebox': ['http'],
  '@mozilla/readability': ['research'],
  '@opentelemetry/api': ['tracing'],
  '@opentelemetry/exporter-trace-otlp-http': ['tracing'],
  '@opentelemetry/resources': ['tracing'],
  '@opentelemetry/sdk-trace-base': ['tracing'],
  '@redis/client': ['bus'],
  '@scalar/fastify-api-reference': ['http'],
  '@simplewebauthn/server': ['auth'],
  ajv: ['http'],
  cockatiel: ['generation'],
  'eventsource-parser': ['models', 'cli'],
  'fastest-levenshtein': ['config', 'http'],
  fastify: ['http'],
  'find-my-way': ['http'],
  htmlparser2: ['research'],
  'ipaddr.js': ['network'],
  jose: ['auth'],
  'js-tiktoken': ['models'],
  kysely: ['store'],
  linkedom: ['research'],
  minisearch: ['models', 'research'],
  'node-llama-cpp': ['models'],
  'node:sqlite': ['store'],
  'openid-client': ['auth'],
  pg: ['store'],
  pino: [''],
  'prom-client': ['', 'http'],
  'robots-parser': ['research'],
  'string-width': ['cli'],
  typebox: ['http'],
  undici: ['network', 'models', 'research', 'webhooks'],
  unpdf: ['research'],
  uuid: ['domain'],
};

/** Modules of Node may be imported everywhere, except those that have a door. */
function doorsOf(name: string): readonly string[] | undefined {
  return Object.hasOwn(doors, name) ? doors[name] : undefined;
}

/** `store` of `store/sqlite/writer.ts`; `''` of a file that lies in `src` itself. */
function folderOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '';
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function ownImports(tree: SourceTree): readonly Edge[] {
  return [...tree].flatMap(([from, source]) =>
    findImports(source)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, typeOnly }) => ({ from, to: resolveImport(from, specifier), typeOnly })),
  );
}

/** Imports point down. Folders that compose the program may import everything, and no other folder imports them. */
export const importsPointDown: Rule = (tree) =>
  ownImports(tree)
    .filter(({ from, to }) => {
      const [folder, target] = [folderOf(from), folderOf(to)];
      return !composing.includes(folder) && folder !== target && !below[folder]?.includes(target);
    })
    .map(({ from, to }) => `${from} imports ${to}, which is not below it`);

/**
 * The rooms of a big room, lowest first: a file imports from its own room and from those before it. What lies in the
 * big room itself composes its rooms and is imported by none of them, unless it is named here by its file's name.
 */
const innerOrder: Readonly<Record<string, readonly string[]>> = {
  models: [
    'language-model.ts',
    'refusals',
    'model-error.ts',
    'fit-messages.ts',
    'call-ids.ts',
    'upstream',
    'answer',
    'openai',
    'anthropic',
    'guide',
    'local',
    'providers',
    'discovery',
  ],
  research: ['extraction', 'pages', 'ranking', 'engines'],
  http: [
    'answer',
    'request',
    'routing',
    'openapi',
    'streaming',
    'bundles',
    'end-users',
    'threads',
    'dialects',
    'generations',
    'operations',
    'admin',
    'sign-in',
  ],
  generation: [
    'turn.ts',
    'context-receipt.ts',
    'interface.ts',
    'plan',
    'context',
    'log',
    'replicas',
    'owner',
    'calls',
    'turns',
    'running',
    'afterwards',
  ],
};

/** The place of a file in its big room's order; files that compose the rooms come last. */
function innerPlace(bigRoom: string, path: string): number {
  const [, name = ''] = path.split('/');
  const place = innerOrder[bigRoom]?.indexOf(name) ?? -1;
  return place >= 0 ? place : Number.POSITIVE_INFINITY;
}

/** Imports between the rooms inside a big room go one way. Types count too. */
export const innerRoomsPointDown: Rule = (tree) =>
  ownImports(tree)
    .filter(({ from, to }) => {
      const bigRoom = folderOf(from);
      if (!Object.hasOwn(innerOrder, bigRoom) || folderOf(to) !== bigRoom) return false;
      return innerPlace(bigRoom, to) > innerPlace(bigRoom, from);
    })
    .map(({ from, to }) => `${from} imports ${to}, which is above it`);

export const innerRoomsHaveTheirPlace: Rule = (tree) =>
  [...new Set([...tree.keys()].filter((path) => path.split('/').length > 2))]
    .map((path) => path.split('/').slice(0, 2) as [bigRoom: string, room: string])
    .filter(([bigRoom, room]) => innerOrder[bigRoom] !== undefined && !innerOrder[bigRoom].includes(room))
    .map(([bigRoom, room]) => `${bigRoom}/${room}/ has no place in the order of ${bigRoom}'s rooms`)
    .filter((sentence, index, all) => all.indexOf(sentence) === index);

/** Only the store knows rows and their snake_case names: queries give records, commands take arguments. */
export const onlyTheStoreSeesTables: Rule = (tree) =>
  ownImports(tree)
    .filter(({ from, to }) => to === 'store/tables.ts' && folderOf(from) !== 'store')
    .map(({ from }) => `${from} imports store/tables.ts, which only the store does`);

/** A folder has about a dozen files at most, except those with one file for each command, migration or query. */
const maxFilesOfRoom = 13;
const foldersOfEntries: readonly string[] = ['store/commands', 'store/migrations', 'store/queries'];

export const roomsHaveFewFiles: Rule = (tree) =>
  [...Map.groupBy(tree.keys(), (path) => path.split('/').slice(0, -1).join('/'))]
    .filter(([folder, files]) => files.length > maxFilesOfRoom && !foldersOfEntries.includes(folder))
    .map(
      ([folder, files]) =>
        `${folder}/ holds ${files.length} files, and at most ${maxFilesOfRoom} are allowed`,
    );

export const everyFolderHasItsPlace: Rule = (tree) =>
  [...new Set([...tree.keys()].map(folderOf))]
    .filter((folder) => !composing.includes(folder) && !Object.hasOwn(below, folder))
    .map((folder) => `${folder}/ has no place in the order of imports`);

export const importsLeadToFiles: Rule = (tree) =>
  ownImports(tree)
    .filter(({ to }) => to.endsWith('.ts') && !tree.has(to))
    .map(({ from, to }) => `${from} imports ${to}, which is not there`);

export const oneDoorPerDependency: Rule = (tree) =>
  [...tree].flatMap(([from, source]) =>
    findImports(source)
      .map(({ specifier }) => packageOf(specifier))
      .filter((name) => !name.startsWith('.') && !doorsOf(name)?.includes(folderOf(from)))
      .filter((name) => !name.startsWith('node:') || doorsOf(name) !== undefined)
      .map(
        (name) =>
          `${from} imports ${name}, whose door is ${doorsOf(name)?.join(' or ') || 'not in the list'}`,
      ),
  );

export const dialectsStandAlone: Rule = (tree) => {
  const dialectOf = (path: string) => /^http\/dialects\/([^/]+)\//.exec(path)?.[1];
  return ownImports(tree)
    .filter(({ from, to }) => {
      const [dialect, target] = [dialectOf(from), dialectOf(to)];
      return dialect !== undefined && target !== undefined && dialect !== target;
    })
    .map(({ from, to }) => `${from} imports ${to} of another dialect`);
};

/** Files that the launcher and the package's users import from outside of `src`. */
const entries: readonly string[] = ['cli/cli.ts', 'server.ts'];

/** Every file is imported somewhere; one that is not is dead, or missing from a list that should name it. */
export const everyFileIsImported: Rule = (tree) => {
  const imported = new Set(ownImports(tree).map(({ to }) => to));
  return [...tree.keys()]
    .filter((path) => !entries.includes(path) && !imported.has(path))
    .map((path) => `${path} is imported by nobody`);
};

/** No imports form a circle. Types count too, since a circle of types also ties its files together. */
export const noCycles: Rule = (tree) => {
  const targets = Map.groupBy(ownImports(tree), ({ from }) => from);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] => {
    const start = path.indexOf(file);
    if (start >= 0) return [`${[...path.slice(start), file].join(' → ')} is a circle`];
    if (done.has(file)) return [];
    const found = (targets.get(file) ?? []).flatMap(({ to }) => visit(to, [...path, file]));
    done.add(file);
    return found;
  };
  return [...tree.keys()].flatMap((file) => visit(file, []));
};

export const environmentOnlyInEnv: Rule = (tree) =>
  [...tree]
    .filter(([path]) => path !== 'config/env.ts')
    .filter(([, source]) => {
      const code = withoutComments(source);
      return (
        /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\[/.test(code) ||
        /import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*'node:process'/.test(code)
      );
    })
    .map(([path]) => `${path} reads the environment, which only config/env.ts does`);

export const namesSayWhatIsInside: Rule = (tree) =>
  [...tree.keys()]
    .filter((path) =>
      path.split(/[/.-]/).some((word) => /^(utils?|helpers?|commons?|misc|managers?)$/.test(word)),
    )
    .map((path) => `${path} is named after nothing`);

export const namesAreKebabCase: Rule = (tree) =>
  [...tree.keys()]
    .filter((path) => !/^([a-z0-9-]+\/)*[a-z0-9-]+((\.slow)?\.test|\.worker|.d)?\.ts$/.test(path))
    .map((path) => `${path} is not in kebab-case`);

export const noDefaultExports: Rule = (tree) =>
  [...tree]
    .filter(([, source]) => /^export default\b/m.test(source))
    .map(([path]) => `${path} has a default export`);

export const maxLines = 400;

/** A longer file must say why in its header: one of its first ten lines contains "lines". */
export const roomsAreSmall: Rule = (tree) =>
  [...tree]
    .map(([path, source]) => ({ path, lines: source.trimEnd().split('\n') }))
    .filter(({ lines }) => lines.length > maxLines && !/\blines\b/i.test(lines.slice(0, 10).join(' ')))
    .map(({ path, lines }) => `${path} has ${lines.length} lines and does not say why`);

/** Every file begins with a line that says what it is for. */
export const modulesSayWhatTheyAreFor: Rule = (tree) =>
  [...tree]
    .filter(([, source]) => !/^(#!.*\n)?\/\*\*/.test(source))
    .map(([path]) => `${path} does not begin with what it is for`);

/** Folders whose tests test the program as a whole, not a folder of the sources. */
const wholeProgram: readonly string[] = ['architecture', 'browser', 'faults', 'fuzz', 'guides', 'soak'];

/** Each folder of `<package>/test` has the name of the folder of `<package>/src` whose tests it holds. */
export const testsMirrorRooms: Rule = (tree) => {
  const folders = [...new Set([...tree.keys()].map((path) => path.split('/').slice(0, -1).join('/')))];
  const rooms = folders.filter((folder) => /^[^/]+\/src\//.test(folder));
  return folders
    .filter((folder) => {
      const [, owner = '', room = ''] = /^([^/]+)\/test\/(.+)$/.exec(folder) ?? [];
      if (room === '' || wholeProgram.includes(room.split('/')[0] ?? '')) return false;
      return !rooms.some((one) => `${one}/`.startsWith(`${owner}/src/${room}/`));
    })
    .map((folder) => `${folder}/ tests no folder of that name`);
};
