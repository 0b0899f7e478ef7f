/** Finds the imports of a TypeScript source by its text; enough for the style of this code base, not a parser. */

export interface Import {
  readonly specifier: string;
  /** Whether the import is of types only (`import type`, `export type … from`), so that it is gone at run time. */
  readonly typeOnly: boolean;
}

/** Paths relative to the root of the tree, with `/`; values are sources. */
export type SourceTree = ReadonlyMap<string, string>;

const patterns: readonly RegExp[] = [
  // import x, { y } from '…'   import type { Z } from '…'   import '…'
  /^[ \t]*import\s+(?<type>type\s+(?!from\b))?(?:[^'";()]+?\sfrom\s*)?['"](?<specifier>[^'"]+)['"]/gm,
  // export * from '…'   export type { Z } from '…'
  /^[ \t]*export\s+(?<type>type\s+)?(?:\*|\{)[^'";()]*?\sfrom\s*['"](?<specifier>[^'"]+)['"]/gm,
  // import('…')   require('…')   new URL('./worker.ts', import.meta.url)
  /\b(?:import|require)\(\s*['"](?<specifier>[^'"]+)['"]/g,
  /\bnew URL\(\s*['"](?<specifier>\.[^'"]+\.ts)['"],\s*import\.meta\.url/g,
];

export function findImports(source: string): readonly Import[] {
  const code = withoutComments(source);
  return patterns.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(({ groups }) => ({
      specifier: groups?.specifier ?? '',
      typeOnly: groups?.type !== undefined,
    })),
  );
}

/** Removes block comments that begin a line, and line comments that follow a blank or begin a line. */
export function withoutComments(source: string): string {
  return source.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '').replace(/(^|[ \t])\/\/.*$/gm, '');
}

/** Resolves a relative specifier from the file that contains it. */
export function resolveImport(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** The package of a specifier: `fastify` of `fastify/types`, `node:fs` of `node:fs/promises`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
