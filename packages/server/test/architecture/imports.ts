/** Finds the imports of a TypeScript source by its text; enough for the style of this code base, not a parser. */

export interface Import {
  readonly specifier: string;
  /** Gone at run time: `import type`, `export type … from`. */
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

/** Without block comments that begin a line and line comments that follow a blank or nothing. */
export function withoutComments(source: string): string {
  return source.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '').replace(/(^|[ \t])\/\/.*$/gm, '');
}

/** Where a relative specifier leads, from the file that holds it. */
export function resolveImport(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** `fastify` of `fastify/types`, `@fastify/swagger` of `@fastify/swagger/x`, `node:fs` of `node:fs/promises`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
