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

/** What a process that runs native code needs: where programs, libraries and temporary files are, and which GPU. */
const plainVariables =
  /^(?:PATH|HOME|USERPROFILE|TMPDIR|TEMP|TMP|LANG|LC_\w+|TZ|(?:LD|DYLD)_LIBRARY_PATH|SystemRoot|windir|(?:CUDA|NVIDIA|HIP|ROCR|HSA|VK|GGML|OMP|MTL)_\w+)$/i;

/** The part of the environment that holds no secret, for child processes. */
export function plainEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => plainVariables.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
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
