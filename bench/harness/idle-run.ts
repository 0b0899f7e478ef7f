/** One start of a server that is then left alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from 'colloquy-testkit/free-port';
import { processTree, residentBytes, totalCpuMs } from './proc.ts';

export interface IdleRun {
  /** From the spawn until the port takes a connection. */
  readonly listeningMs: number;
  /** CPU time of all threads and processes until then; other load on the machine does not change it much. */
  readonly listeningCpuMs: number;
  /** Pss of all processes after the idle time, in bytes. */
  readonly bytes: number;
  readonly processes: number;
}

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}

const startMs = 120_000;
const stopMs = 10_000;
/** Colloquy tries its address early in a start, and drops who has connected meanwhile within a moment. */
const heldMs = 5;

/** Starts the server, waits until it listens and then `idleMs`, measures it, and stops it. */
export async function runIdle(launch: (port: number) => Launch, idleMs: number): Promise<IdleRun> {
  const port = await findFreePort();
  const { program, args, environment, cwd } = launch(port);
  const startedAt = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const listeningMs = (await untilListening(child, port)) - startedAt;
    const listeningCpuMs = totalCpuMs(processTree(child.pid ?? 0));
    await sleep(idleMs);
    const tree = processTree(child.pid ?? 0);
    return { listeningMs, listeningCpuMs, bytes: residentBytes(tree), processes: tree.length };
  } finally {
    await stop(child);
  }
}

/** Gives the time of the first connection that is held. */
async function untilListening(child: ChildProcess, port: number): Promise<number> {
  const giveUpAt = performance.now() + startMs;
  for (;;) {
    const connectedAt = await tryToConnect(port);
    if (connectedAt !== undefined) return connectedAt;
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    if (performance.now() > giveUpAt) throw new Error(`the server does not listen after ${startMs} ms`);
    await sleep(2);
  }
}

async function tryToConnect(port: number): Promise<number | undefined> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    const connectedAt = performance.now();
    return await Promise.race([once(socket, 'close').then(() => undefined), sleep(heldMs, connectedAt)]);
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(timer);
}
