/** The process: environment → configuration → server → signals. */
import { catalog } from './catalog.ts';
import { collectOnceIdle } from './concurrency/collect-once-idle.ts';
import { checkFiles } from './config/check-files.ts';
import { type Config, parseConfig } from './config/config.ts';
import { readEnvironment } from './config/env.ts';
import { ConfigError, exitCodeOfBadConfig, formatProblems } from './config/problems.ts';
import { SecretFileError } from './config/secrets.ts';
import { createLog } from './log.ts';
import { trustAuthorities } from './network/authorities.ts';
import { type RunningServer, startServer } from './server.ts';
import { isUnfitDatabase } from './store/schema/unfit-database.ts';
import { DataDirectoryInUseError } from './store/sqlite/server-lock.ts';

export async function main(): Promise<void> {
  const config = await readConfig();
  if (config === undefined) return;
  if (config.extraAuthorities !== undefined) trustAuthorities(config.extraAuthorities);
  const log = createLog(config.logLevel, config.logFormat);
  let server: RunningServer;
  try {
    server = await startServer(config, { log, terminal: process.stderr });
  } catch (error) {
    process.exitCode = reportFailedStart(error);
    return;
  }
  stopOnSignals(server, config);
  process.stdout.write(greeting(server));
  collectOnceIdle(() => {
    const { running, viewers } = server.engine.readings();
    return running === 0 && viewers === 0;
  });
}

async function readConfig(): Promise<Config | undefined> {
  const { config, problems = [], files } = parseConfig(readEnvironment(), catalog);
  const told = new Set(problems.map(({ name }) => name));
  const inFiles = (await checkFiles(config ?? files)).filter(({ name }) => !told.has(name));
  const all = [...problems, ...inFiles];
  if (config !== undefined && all.length === 0) return config;
  process.stderr.write(`${formatProblems(all)}\n`);
  process.exitCode = exitCodeOfBadConfig;
  return undefined;
}

/** Writes a sentence for problems that an operator can fix, and the whole error for others; gives the exit code. */
function reportFailedStart(error: unknown): number {
  const isForeseen =
    error instanceof ConfigError ||
    error instanceof SecretFileError ||
    error instanceof DataDirectoryInUseError ||
    isUnfitDatabase(error);
  if (isForeseen) {
    process.stderr.write(`${error.message}\n`);
    return error instanceof DataDirectoryInUseError ? 1 : exitCodeOfBadConfig;
  }
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'EADDRINUSE' || code === 'EACCES' || code === 'ECONNREFUSED' || code === 'EADDRNOTAVAIL') {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}

function greeting(server: RunningServer): string {
  const { url, firstKeyPath, localModelNotice, proxyNotice, busNotice } = server;
  const key = firstKeyPath === undefined ? 'YOUR_API_KEY' : `$(cat ${shellQuote(firstKeyPath)})`;
  return `
Colloquy listens on ${url}
${[...server.answering, server.anonymousNotice].map(line).join('')}Documentation: ${url}/docs
Administration key: ${server.adminKeyPath ?? 'the value of COLLOQUY_ADMIN_KEY'}
${[localModelNotice, proxyNotice, busNotice].map(line).join('')}
A first call:

  curl -N ${url}/api/chat/completion/stream -H "X-API-Key: ${key}" -H "Content-Type: application/json" -d '{"message": "What can you do?"}'

`;
}

function line(sentence: string | undefined): string {
  return sentence === undefined ? '' : `${sentence}\n`;
}

/** Fit for a `$(cat …)` inside double quotes. */
function shellQuote(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function stopOnSignals(server: RunningServer, config: Config): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    await server.drain(config.shutdownGraceMs);
    await server[Symbol.asyncDispose]();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop().catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      });
    });
  }
}
