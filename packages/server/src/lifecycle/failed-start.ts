/** Why a start failed, in one sentence that names a file or a variable and says what to do, and the exit code. */
import { resolve } from 'node:path';
import { UnfitSecretError } from '../auth/secrets/open-secrets.ts';
import type { Config } from '../config/config.ts';
import { ConfigError, exitCodeOfBadConfig } from '../config/problems.ts';
import { SecretFileError } from '../config/secrets.ts';
import { DataDirectoryError } from '../store/opening/data-directory.ts';
import { isUnfitDatabase } from '../store/schema/unfit-database.ts';
import { DataDirectoryInUseError } from '../store/sqlite/server-lock.ts';
import { AddressError } from './listening-address.ts';
import { explainPostgresFailure } from './postgres-failure.ts';
import { explainSqliteFailure } from './sqlite-failure.ts';
import type { StartFailure } from './start-failure.ts';

type Place = Pick<Config, 'dataDir' | 'databaseUrl' | 'logLevel'>;

/** With `LOG_LEVEL=debug`, errors that nobody foresaw are followed by where they come from. */
export function explainFailedStart(error: unknown, { dataDir, databaseUrl, logLevel }: Place): StartFailure {
  if (
    error instanceof ConfigError ||
    error instanceof SecretFileError ||
    error instanceof UnfitSecretError ||
    isUnfitDatabase(error)
  ) {
    return { sentence: error.message, exitCode: exitCodeOfBadConfig };
  }
  if (error instanceof DataDirectoryInUseError) return { sentence: error.message, exitCode: 1 };
  if (error instanceof AddressError) {
    return { sentence: error.message, exitCode: error.mayPass ? 1 : exitCodeOfBadConfig };
  }
  if (error instanceof DataDirectoryError) {
    const isFull = /^(ENOSPC|EDQUOT)$/.test((error.cause as NodeJS.ErrnoException).code ?? '');
    return { sentence: error.message, exitCode: isFull ? 1 : exitCodeOfBadConfig };
  }
  for (const one of withCauses(error)) {
    const known =
      databaseUrl === undefined
        ? explainSqliteFailure(one, resolve(dataDir))
        : explainPostgresFailure(one, databaseUrl);
    if (known !== undefined) return known;
  }
  return { sentence: unforeseen(error, logLevel), exitCode: 1 };
}

/** The error, what caused it, and so on; of several errors at once, the first. */
function withCauses(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [];
  const below = error instanceof AggregateError ? error.errors[0] : error.cause;
  return [error, ...withCauses(below)];
}

function unforeseen(error: unknown, logLevel: Config['logLevel']): string {
  const message = error instanceof Error ? error.message : String(error);
  const sentence = `Colloquy does not start: ${message.trim().split('\n', 1)[0]}`;
  if (logLevel !== 'debug' && logLevel !== 'trace') {
    return `${sentence} (nobody foresaw this; LOG_LEVEL=debug shows where it comes from)`;
  }
  return `${sentence}\n${error instanceof Error ? error.stack : ''}`.trimEnd();
}
