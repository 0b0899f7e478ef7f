/** A Redis of a test's own, which can be stopped, frozen and killed: a `redis-server` or `valkey-server` on a free port. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from './free-port.ts';
import { missing, type Skip } from './services.ts';

export interface RedisProcess extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  signal(name: NodeJS.Signals): void;
  /** Ends it without a goodbye; what it held is lost. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
}

const programs = ['redis-server', 'valkey-server'];

/** Whether a Redis can be started here. */
export function findRedisProgram(): { readonly program: string } | Skip {
  const program = programs.find((name) => spawnSync(name, ['--version']).status === 0);
  return program === undefined ? missing('Redis', new Error('there is no redis-server')) : { program };
}

/** @param more further arguments, as `--requirepass`, `secret` */
export async function startRedis(program: string, more: readonly string[] = []): Promise<RedisProcess> {
  const port = await findFreePort();
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-redis-'));
  let child: ChildProcess | undefined;
  const redis: RedisProcess = {
    url: `redis://127.0.0.1:${port}`,
    port,
    signal: (name) => void child?.kill(name),
    async kill() {
      if (child === undefined) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      child = undefined;
      await exited;
    },
    async start() {
      const settings = ['--port', String(port), '--save', '', '--appendonly', 'no', '--dir', directory];
      const started = spawn(program, [...settings, ...more], { stdio: 'ignore' });
      child = started;
      while (!(await listens(port))) {
        if (started.exitCode !== null) throw new Error(`${program} ended with ${started.exitCode}`);
        await sleep(10);
      }
    },
    async [Symbol.asyncDispose]() {
      await redis.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

async function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: '127.0.0.1', port });
  socket.once('data', () => resolve(true));
  socket.once('error', () => resolve(false));
  socket.once('connect', () => socket.write('PING\r\n'));
  return promise.finally(() => socket.destroy());
}
