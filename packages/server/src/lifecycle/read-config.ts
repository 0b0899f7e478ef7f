/** The whole configuration, with the files that it names. */
import { catalog } from '../catalog.ts';
import { checkFiles } from '../config/check-files.ts';
import { type Config, parseConfig } from '../config/config.ts';
import type { ConfigProblem } from '../config/problems.ts';
import type { RawEnvironment } from '../config/reader.ts';

/** Gives everything that is wrong at once; a variable is told once. */
export async function readConfig(
  environment: RawEnvironment,
): Promise<{ readonly config: Config } | { readonly problems: readonly ConfigProblem[] }> {
  const { config, problems = [], files } = parseConfig(environment, catalog);
  const told = new Set(problems.map(({ name }) => name));
  const inFiles = (await checkFiles(config ?? files)).filter(({ name }) => !told.has(name));
  const all = [...problems, ...inFiles];
  return config !== undefined && all.length === 0 ? { config } : { problems: all };
}
