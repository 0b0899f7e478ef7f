/** The process: environment → configuration → server → signals. */
import { collectOnceIdle } from './concurrency/collect-once-idle.ts';
import { readEnvironment } from './config/env.ts';
import { exitCodeOfBadConfig, formatProblems } from './config/problems.ts';
import { explainFailedStart } from './lifecycle/failed-start.ts';
import { readConfig } from './lifecycle/read-config.ts';
import { stopOnSignals } from './lifecycle/stop.ts';
import { createLog } from './log.ts';
import { trustAuthorities } from './network/authorities.ts';
import { type RunningServer, startServer } from './server.ts';

export async function main(): Promise<void> {
  const read = await readConfig(readEnvironment());
  if ('problems' in read) {
    process.stderr.write(`${formatProblems(read.problems)}\n`);
    process.exitCode = exitCodeOfBadConfig;
    return;
  }
  const { config } = read;
  if (config.extraAuthorities !== undefined) trustAuthorities(config.extraAuthorities);
  const log = createLog(config.logLevel, config.logFormat);
  let server: RunningServer;
  try {
    server = await startServer(config, { log, terminal: process.stderr });
  } catch (error) {
    const { sentence, exitCode } = explainFailedStart(error, config);
    process.stderr.write(`${sentence}\n`);
    process.exitCode = exitCode;
    return;
  }
  stopOnSignals(server, config.shutdownGraceMs);
  process.stdout.write(greeting(server));
  for (const bundle of Object.values(server.browserBundles)) void bundle.prepare();
  collectOnceIdle(() => {
    const { running, viewers } = server.engine.readings();
    return running === 0 && viewers === 0;
  });
}

function greeting(server: RunningServer): string {
  const { url, firstKeyPath, localModelNotice, proxyNotice, busNotice } = server;
  const key = firstKeyPath === undefined ? 'YOUR_API_KEY' : `$(cat ${shellQuote(firstKeyPath)})`;
  return `
Colloquy listens on ${url}
${[...server.answering, server.anonymousNotice].map(line).join('')}Console: ${server.consoleAddress}
Documentation: ${url}/docs
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
