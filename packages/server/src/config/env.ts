/** Reads the environment. This is the only module that uses `process.env`; `config.ts` interprets it. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { RawEnvironment } from './reader.ts';

/** A copy of the process's environment. */
export function readEnvironment(): RawEnvironment {
  return { ...process.env };
}

/** Reads a variable by a name that an operator gave, such as a model's `api_key_env`. An empty one counts as unset. */
export function lookupEnv(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}

/**
 * Adds the variables of a `.env` file to the environment, except those that are set already.
 * @returns false where there is no such file
 * @throws the system error for a file that can't be read
 */
export function loadEnvFile(path: string): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value;
  return true;
}
