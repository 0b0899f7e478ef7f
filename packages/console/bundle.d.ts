/** The types of `bundle.js`. */
import type { BuildOptions, BuildResult } from 'esbuild';

export function buildOptions(choice: { readonly isMinified: boolean }): BuildOptions;
/** Bytes by path: `index.html`, `assets/main-4F2A.js`. */
export function filesOf(result: BuildResult): Map<string, Uint8Array>;
export function makeFiles(esbuild: typeof import('esbuild')): Promise<Map<string, Uint8Array>>;
