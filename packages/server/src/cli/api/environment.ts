/** The settings that commands read: where the data is, where the server, and with which key it is asked. */
import { resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { loadEnvFile, readEnvironment } from '../../config/env.ts';
import { type ConfigProblem, exitCodeOfBadConfig, formatProblems } from '../../config/problems.ts';
import { createReader, type RawEnvironment } from '../../config/reader.ts';
import { serverVariables } from '../../config/variables.ts';
import { CommandFailure } from '../failure.ts';

export interface ClientSettings {
  /** An absolute path. */
  readonly dataDir: string;
  /** `http(s)://…` without a slash at the end. */
  readonly url: string | undefined;
  readonly adminKey: string | undefined;
  readonly apiKey: string | undefined;
}

/** The environment with what `.env` adds. @throws CommandFailure for a file that can't be read */
function readWholeEnvironment(): RawEnvironment {
  try {
    loadEnvFile('.env');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(`.env can't be read: ${message}`, exitCodeOfBadConfig);
  }
  return readEnvironment();
}

/** The server's whole configuration. @throws CommandFailure for variables that hold what they may not */
export async function readConfig(): Promise<Config> {
  const [{ parseConfig }, { catalog }] = await Promise.all([
    import('../../config/config.ts'),
    import('../../catalog.ts'),
  ]);
  const { config, problems = [] } = parseConfig(readWholeEnvironment(), catalog);
  refuseProblems(problems);
  if (config === undefined) throw new Error('a configuration without problems is whole');
  return config;
}

/** @throws CommandFailure for variables that hold what they may not */
export function readClientSettings(): ClientSettings {
  const problems: ConfigProblem[] = [];
  const reader = createReader(readWholeEnvironment(), serverVariables, problems);
  const settings = {
    dataDir: resolve(reader.text('DATA_DIR') ?? ''),
    url: reader.url('COLLOQUY_URL', ['http:', 'https:'])?.replace(/\/+$/, ''),
    adminKey: reader.secret('COLLOQUY_ADMIN_KEY', /^[!-~]+$/),
    apiKey: reader.secret('COLLOQUY_API_KEY', /^[!-~]+$/),
  };
  refuseProblems(problems);
  return settings;
}

/** @throws CommandFailure where there are some */
function refuseProblems(problems: readonly ConfigProblem[]): void {
  if (problems.length > 0) throw new CommandFailure(formatProblems(problems).trimEnd(), exitCodeOfBadConfig);
}
